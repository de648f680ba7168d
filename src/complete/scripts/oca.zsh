#compdef oca
# Completes the command line of oca in zsh. Load it with: source <(oca completions zsh)
_oca() {
    local -a before lines unfinished finished
    local line value
    before=("${(@Q)words[1,CURRENT - 1]}")
    lines=("${(@f)$(_OCA_COMPLETE=zsh command oca -- "${before[@]}" "${(Q)PREFIX}" 2> /dev/null)}")
    for line in "${lines[@]}"; do
        [[ -n $line ]] || continue
        # A colon of the value stands behind a backslash; the first other one begins the text about it.
        value=${line//\\:/}
        value=${value%%:*}
        if [[ $value == *[/=@] ]]; then
            unfinished+=("$line")
        else
            finished+=("$line")
        fi
    done
    (( ${#unfinished} )) && _describe -V 'value' unfinished -S ''
    (( ${#finished} )) && _describe -V 'value' finished
    (( ${#unfinished} + ${#finished} ))
}
if [[ ${funcstack[1]} == _oca ]]; then
    _oca "$@"
elif typeset -f compdef > /dev/null; then
    compdef _oca oca
fi
