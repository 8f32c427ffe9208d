# bash completion for ticketpulse: commands and options as the program itself lists them.
_ticketpulse()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words command
    if [ "$COMP_CWORD" -eq 1 ]; then
        words=$(ticketpulse --lang en --help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$words --help --version" -- "$current")
        return
    fi
    command=${COMP_WORDS[1]}
    case $current in
    -*)
        words=$(ticketpulse "$command" --lang en --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        return
        ;;
    esac
    case $previous in
    --lang) words="en zh" ;;
    --color) words="auto always never" ;;
    --scope) words="all agent team channel priority category" ;;
    --format) words="html md csv" ;;
    *)
        words=
        if [ "$command" = query ] && [ "$COMP_CWORD" -eq 2 ]; then
            words=$(ticketpulse query --lang en --help 2>/dev/null |
                sed -n 's/^[A-Za-z]*: ticketpulse query \[[a-z]*\] //p' | tr '|' ' ')
        fi
        ;;
    esac
    if [ -n "$words" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}
complete -o filenames -F _ticketpulse ticketpulse
