# Completes the command line of oca in bash. Load it with: eval "$(oca completions bash)"
_oca() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        [[ -n $line ]] && COMPREPLY+=("$line")
    done <<< "$(_OCA_COMPLETE=bash command oca -- "$2" "${COMP_LINE:0:COMP_POINT}" 2> /dev/null)"
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/=@] ]]; then
        compopt -o nospace 2> /dev/null
    fi
    return 0
}
complete -o bashdefault -o nosort -F _oca oca 2> /dev/null || complete -o bashdefault -F _oca oca
