#compdef posthouse
_posthouse() {
    local place="" word
    for word in ${words[2,CURRENT-1]}; do
        case "$place $word" in
        " serve") place=" serve" ;;
        " check") place=" check" ;;
        " user") place=" user" ;;
        " user add") place=" user add" ;;
        " user passwd") place=" user passwd" ;;
        " user remove") place=" user remove" ;;
        " user list") place=" user list" ;;
        " user show") place=" user show" ;;
        " user enable") place=" user enable" ;;
        " user disable") place=" user disable" ;;
        " user alias") place=" user alias" ;;
        " user alias add") place=" user alias add" ;;
        " user alias remove") place=" user alias remove" ;;
        " user delegate") place=" user delegate" ;;
        " user delegate add") place=" user delegate add" ;;
        " user delegate remove") place=" user delegate remove" ;;
        " user app-password") place=" user app-password" ;;
        " user app-password add") place=" user app-password add" ;;
        " user app-password list") place=" user app-password list" ;;
        " user app-password remove") place=" user app-password remove" ;;
        " user totp") place=" user totp" ;;
        " user totp enable") place=" user totp enable" ;;
        " user totp disable") place=" user totp disable" ;;
        " user protocols") place=" user protocols" ;;
        " user quota") place=" user quota" ;;
        " mailbox") place=" mailbox" ;;
        " mailbox index") place=" mailbox index" ;;
        " mailbox undelete") place=" mailbox undelete" ;;
        " mailbox acl") place=" mailbox acl" ;;
        " mailbox import") place=" mailbox import" ;;
        " mailbox export") place=" mailbox export" ;;
        " queue") place=" queue" ;;
        " queue list") place=" queue list" ;;
        " queue show") place=" queue show" ;;
        " queue hold") place=" queue hold" ;;
        " queue release") place=" queue release" ;;
        " queue retry") place=" queue retry" ;;
        " queue remove") place=" queue remove" ;;
        " trace") place=" trace" ;;
        " explain") place=" explain" ;;
        " status") place=" status" ;;
        " who") place=" who" ;;
        " kick") place=" kick" ;;
        " reload") place=" reload" ;;
        " hosts") place=" hosts" ;;
        " hosts forget") place=" hosts forget" ;;
        " sendmail") place=" sendmail" ;;
        " backup") place=" backup" ;;
        " backup take") place=" backup take" ;;
        " backup verify") place=" backup verify" ;;
        " backup list") place=" backup list" ;;
        " backup forget") place=" backup forget" ;;
        " restore") place=" restore" ;;
        " completion") place=" completion" ;;
        esac
    done
    local choices=""
    case "$place" in
    "") choices="serve check user mailbox queue trace explain status who kick reload hosts sendmail backup restore completion --help --config --json --version" ;;
    " serve") choices="--help --salvage --config --json" ;;
    " check") choices="--help --config --json" ;;
    " user") choices="add passwd remove list show enable disable alias delegate app-password totp protocols quota" ;;
    " user add") choices="--help --password-stdin --config --json" ;;
    " user passwd") choices="--help --password-stdin --config --json" ;;
    " user remove") choices="--help --config --json" ;;
    " user list") choices="--help --config --json" ;;
    " user show") choices="--help --config --json" ;;
    " user enable") choices="--help --config --json" ;;
    " user disable") choices="--help --config --json" ;;
    " user alias") choices="add remove" ;;
    " user alias add") choices="--help --config --json" ;;
    " user alias remove") choices="--help --config --json" ;;
    " user delegate") choices="add remove" ;;
    " user delegate add") choices="--help --config --json" ;;
    " user delegate remove") choices="--help --config --json" ;;
    " user app-password") choices="add list remove" ;;
    " user app-password add") choices="--help --protocol --config --json" ;;
    " user app-password list") choices="--help --config --json" ;;
    " user app-password remove") choices="--help --config --json" ;;
    " user totp") choices="enable disable" ;;
    " user totp enable") choices="--help --config --json" ;;
    " user totp disable") choices="--help --config --json" ;;
    " user protocols") choices="--help --without --config --json" ;;
    " user quota") choices="--help --messages --config --json" ;;
    " mailbox") choices="index undelete acl import export" ;;
    " mailbox index") choices="--help --rebuild --status --config --json" ;;
    " mailbox undelete") choices="--help --mailbox --since --list --new-uids --config --json" ;;
    " mailbox acl") choices="--help --config --json" ;;
    " mailbox import") choices="--help --format --folder --into --uidl-format --over-quota --again --dry-run --config --json" ;;
    " mailbox export") choices="--help --format --folder --config --json" ;;
    " queue") choices="list show hold release retry remove" ;;
    " queue list") choices="--help --sender --recipient --domain --state --limit --after --all --config --json" ;;
    " queue show") choices="--help --config --json" ;;
    " queue hold") choices="--help --all --sender --recipient --domain --state --config --json" ;;
    " queue release") choices="--help --all --sender --recipient --domain --state --config --json" ;;
    " queue retry") choices="--help --all --sender --recipient --domain --state --config --json" ;;
    " queue remove") choices="--help --all --sender --recipient --domain --state --config --json" ;;
    " trace") choices="--help --config --json" ;;
    " explain") choices="--help --from --client --config --json" ;;
    " status") choices="--help --config --json" ;;
    " who") choices="--help --config --json" ;;
    " kick") choices="--help --config --json" ;;
    " reload") choices="--help --config --json" ;;
    " hosts") choices="forget" ;;
    " hosts forget") choices="--help --config --json" ;;
    " sendmail") choices="--help --config --json" ;;
    " backup") choices="take verify list forget" ;;
    " backup take") choices="--help --limit --reread --config --json" ;;
    " backup verify") choices="--help --quick --set-aside --config --json" ;;
    " backup list") choices="--help --config --json" ;;
    " backup forget") choices="--help --keep --config --json" ;;
    " restore") choices="--help --account --as --replace --without-queue --exact --config --json" ;;
    " completion") choices="bash zsh fish" ;;
    esac
    if [[ ${words[CURRENT-1]} == --config ]]; then _files; return; fi
    compadd -- ${=choices}
}
compdef _posthouse posthouse
if [[ ${funcstack[1]} == _posthouse ]]; then _posthouse "$@"; fi
