# fish completion for posthouse
complete -c posthouse -l config -r -d 'The configuration file'
complete -c posthouse -l json
complete -c posthouse -f -n '__fish_use_subcommand' -a serve -d 'Run the server, in the foreground'
complete -c posthouse -n '__fish_seen_subcommand_from serve' -l help
complete -c posthouse -n '__fish_seen_subcommand_from serve' -l salvage
complete -c posthouse -f -n '__fish_use_subcommand' -a check -d 'Read the configuration and report all that is wrong with it'
complete -c posthouse -n '__fish_seen_subcommand_from check' -l help
complete -c posthouse -f -n '__fish_use_subcommand' -a user -d 'Accounts, and their ways to log in and to send'
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a add -d 'Make an account'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from add' -l help
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from add' -l password-stdin
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a passwd -d 'Give an account a new password'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from passwd' -l help
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from passwd' -l password-stdin
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a remove -d 'Remove an account and its letters'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from remove' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a list -d 'List the accounts'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from list' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a show -d 'What is known of one account'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from show' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a enable -d 'Let an account log in again'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from enable' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a disable -d 'Let an account log in no longer; mail is still taken'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from disable' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a alias -d 'Further addresses of an account'
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from alias; and not __fish_seen_subcommand_from add remove' -a add -d 'Give an account a further address'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from alias; and __fish_seen_subcommand_from add' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from alias; and not __fish_seen_subcommand_from add remove' -a remove -d 'Take one back'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from alias; and __fish_seen_subcommand_from remove' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a delegate -d 'Who may send as an account'
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from delegate; and not __fish_seen_subcommand_from add remove' -a add -d 'Let the second account send as the first'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from delegate; and __fish_seen_subcommand_from add' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from delegate; and not __fish_seen_subcommand_from add remove' -a remove -d 'Let it no longer'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from delegate; and __fish_seen_subcommand_from remove' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a app-password -d 'Passwords for single programs'
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from app-password; and not __fish_seen_subcommand_from add list remove' -a add -d 'Make one; it is shown once'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from app-password; and __fish_seen_subcommand_from add' -l help
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from app-password; and __fish_seen_subcommand_from add' -l protocol
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from app-password; and not __fish_seen_subcommand_from add list remove' -a list -d 'List them'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from app-password; and __fish_seen_subcommand_from list' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from app-password; and not __fish_seen_subcommand_from add list remove' -a remove -d 'Take one back'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from app-password; and __fish_seen_subcommand_from remove' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a totp -d 'One-time codes behind the password'
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from totp; and not __fish_seen_subcommand_from enable disable' -a enable -d 'Ask for one from now on; its secret is shown once'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from totp; and __fish_seen_subcommand_from enable' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from totp; and not __fish_seen_subcommand_from enable disable' -a disable -d 'Ask for none any longer'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from totp; and __fish_seen_subcommand_from disable' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a protocols -d 'What an account may not log in by'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from protocols' -l help
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from protocols' -l without
complete -c posthouse -f -n '__fish_seen_subcommand_from user; and not __fish_seen_subcommand_from add passwd remove list show enable disable alias delegate app-password totp protocols quota' -a quota -d 'How much an account may hold: show it, or set it'
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from quota' -l help
complete -c posthouse -n '__fish_seen_subcommand_from user; and __fish_seen_subcommand_from quota' -l messages
complete -c posthouse -f -n '__fish_use_subcommand' -a mailbox -d 'What accounts' mailboxes hold'
complete -c posthouse -f -n '__fish_seen_subcommand_from mailbox; and not __fish_seen_subcommand_from index undelete acl import export' -a index -d 'Make the index of an account's texts, or bring it up to date'
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from index' -l help
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from index' -l rebuild
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from index' -l status
complete -c posthouse -f -n '__fish_seen_subcommand_from mailbox; and not __fish_seen_subcommand_from index undelete acl import export' -a undelete -d 'Bring back letters that were expunged'
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from undelete' -l help
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from undelete' -l mailbox
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from undelete' -l since
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from undelete' -l list
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from undelete' -l new-uids
complete -c posthouse -f -n '__fish_seen_subcommand_from mailbox; and not __fish_seen_subcommand_from index undelete acl import export' -a acl -d 'Show or change who else may use a mailbox'
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from acl' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from mailbox; and not __fish_seen_subcommand_from index undelete acl import export' -a import -d 'Bring letters from the files of another server into an account'
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from import' -l help
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from import' -l format
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from import' -l folder
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from import' -l into
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from import' -l uidl-format
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from import' -l over-quota
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from import' -l again
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from import' -l dry-run
complete -c posthouse -f -n '__fish_seen_subcommand_from mailbox; and not __fish_seen_subcommand_from index undelete acl import export' -a export -d 'Write an account's letters into files that other servers read'
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from export' -l help
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from export' -l format
complete -c posthouse -n '__fish_seen_subcommand_from mailbox; and __fish_seen_subcommand_from export' -l folder
complete -c posthouse -f -n '__fish_use_subcommand' -a queue -d 'The queue: list, show, hold, release, retry, remove'
complete -c posthouse -f -n '__fish_seen_subcommand_from queue; and not __fish_seen_subcommand_from list show hold release retry remove' -a list -d 'List letters, the oldest first, a page at a time'
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from list' -l help
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from list' -l sender
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from list' -l recipient
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from list' -l domain
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from list' -l state
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from list' -l limit
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from list' -l after
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from list' -l all
complete -c posthouse -f -n '__fish_seen_subcommand_from queue; and not __fish_seen_subcommand_from list show hold release retry remove' -a show -d 'All that is known of a letter in the queue'
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from show' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from queue; and not __fish_seen_subcommand_from list show hold release retry remove' -a hold -d 'Keep letters from being delivered until they are released'
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from hold' -l help
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from hold' -l all
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from hold' -l sender
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from hold' -l recipient
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from hold' -l domain
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from hold' -l state
complete -c posthouse -f -n '__fish_seen_subcommand_from queue; and not __fish_seen_subcommand_from list show hold release retry remove' -a release -d 'Let letters go on that are held or poison'
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from release' -l help
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from release' -l all
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from release' -l sender
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from release' -l recipient
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from release' -l domain
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from release' -l state
complete -c posthouse -f -n '__fish_seen_subcommand_from queue; and not __fish_seen_subcommand_from list show hold release retry remove' -a retry -d 'Try waiting letters now'
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from retry' -l help
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from retry' -l all
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from retry' -l sender
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from retry' -l recipient
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from retry' -l domain
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from retry' -l state
complete -c posthouse -f -n '__fish_seen_subcommand_from queue; and not __fish_seen_subcommand_from list show hold release retry remove' -a remove -d 'Remove letters; nobody is told'
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from remove' -l help
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from remove' -l all
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from remove' -l sender
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from remove' -l recipient
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from remove' -l domain
complete -c posthouse -n '__fish_seen_subcommand_from queue; and __fish_seen_subcommand_from remove' -l state
complete -c posthouse -f -n '__fish_use_subcommand' -a trace -d 'The whole story of a letter, for 14 days after its end'
complete -c posthouse -n '__fish_seen_subcommand_from trace' -l help
complete -c posthouse -f -n '__fish_use_subcommand' -a explain -d 'What would become of mail for an address, and why'
complete -c posthouse -n '__fish_seen_subcommand_from explain' -l help
complete -c posthouse -n '__fish_seen_subcommand_from explain' -l from
complete -c posthouse -n '__fish_seen_subcommand_from explain' -l client
complete -c posthouse -f -n '__fish_use_subcommand' -a status -d 'Whether the server runs, and what it is doing'
complete -c posthouse -n '__fish_seen_subcommand_from status' -l help
complete -c posthouse -f -n '__fish_use_subcommand' -a who -d 'Who is logged in to read or send'
complete -c posthouse -n '__fish_seen_subcommand_from who' -l help
complete -c posthouse -f -n '__fish_use_subcommand' -a kick -d 'End the sessions of an account, or one of them'
complete -c posthouse -n '__fish_seen_subcommand_from kick' -l help
complete -c posthouse -f -n '__fish_use_subcommand' -a reload -d 'Have the running server read its configuration again'
complete -c posthouse -n '__fish_seen_subcommand_from reload' -l help
complete -c posthouse -f -n '__fish_use_subcommand' -a hosts -d 'What is known of the hosts that letters are carried to'
complete -c posthouse -f -n '__fish_seen_subcommand_from hosts; and not __fish_seen_subcommand_from forget' -a forget -d 'Forget it, of one destination or of all'
complete -c posthouse -n '__fish_seen_subcommand_from hosts; and __fish_seen_subcommand_from forget' -l help
complete -c posthouse -f -n '__fish_use_subcommand' -a sendmail -d 'Send a letter as programs of this host do: see sendmail(1)'
complete -c posthouse -n '__fish_seen_subcommand_from sendmail' -l help
complete -c posthouse -f -n '__fish_use_subcommand' -a backup -d 'Backups of all that the server keeps'
complete -c posthouse -f -n '__fish_seen_subcommand_from backup; and not __fish_seen_subcommand_from take verify list forget' -a take -d 'Take one, of the running server or of the stopped one's store'
complete -c posthouse -n '__fish_seen_subcommand_from backup; and __fish_seen_subcommand_from take' -l help
complete -c posthouse -n '__fish_seen_subcommand_from backup; and __fish_seen_subcommand_from take' -l limit
complete -c posthouse -n '__fish_seen_subcommand_from backup; and __fish_seen_subcommand_from take' -l reread
complete -c posthouse -f -n '__fish_seen_subcommand_from backup; and not __fish_seen_subcommand_from take verify list forget' -a verify -d 'Read backups and report all that is wrong with them'
complete -c posthouse -n '__fish_seen_subcommand_from backup; and __fish_seen_subcommand_from verify' -l help
complete -c posthouse -n '__fish_seen_subcommand_from backup; and __fish_seen_subcommand_from verify' -l quick
complete -c posthouse -n '__fish_seen_subcommand_from backup; and __fish_seen_subcommand_from verify' -l set-aside
complete -c posthouse -f -n '__fish_seen_subcommand_from backup; and not __fish_seen_subcommand_from take verify list forget' -a list -d 'List them'
complete -c posthouse -n '__fish_seen_subcommand_from backup; and __fish_seen_subcommand_from list' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from backup; and not __fish_seen_subcommand_from take verify list forget' -a forget -d 'Remove all but the latest ones, and what only they needed'
complete -c posthouse -n '__fish_seen_subcommand_from backup; and __fish_seen_subcommand_from forget' -l help
complete -c posthouse -n '__fish_seen_subcommand_from backup; and __fish_seen_subcommand_from forget' -l keep
complete -c posthouse -f -n '__fish_use_subcommand' -a restore -d 'Bring a backup back: all of it, or one account'
complete -c posthouse -n '__fish_seen_subcommand_from restore' -l help
complete -c posthouse -n '__fish_seen_subcommand_from restore' -l account
complete -c posthouse -n '__fish_seen_subcommand_from restore' -l as
complete -c posthouse -n '__fish_seen_subcommand_from restore' -l replace
complete -c posthouse -n '__fish_seen_subcommand_from restore' -l without-queue
complete -c posthouse -n '__fish_seen_subcommand_from restore' -l exact
complete -c posthouse -f -n '__fish_use_subcommand' -a completion -d 'Print a completion script for a shell'
complete -c posthouse -n '__fish_seen_subcommand_from completion' -l help
complete -c posthouse -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'
