# Completes the command line of oca in fish. Load it with: oca completions fish | source
complete --command oca --no-files --keep-order --arguments '(_OCA_COMPLETE=fish command oca -- (commandline --current-process --tokenize --cut-at-cursor) (string unescape -- (commandline --current-token --cut-at-cursor)) 2> /dev/null)'
