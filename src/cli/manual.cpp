// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.hpp"

#include "config/keys.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace posthouse::cli {
namespace {

/// The commands that people see, in their order.
std::vector<const CLI::App*> commands_of(const CLI::App& app)
{
    auto all = app.get_subcommands([](const CLI::App*) { return true; });
    std::erase_if(all, [](const CLI::App* command) { return command->get_group().empty(); });
    return all;
}

std::string names_of(const CLI::App& app)
{
    std::string names;
    for (const auto* command : commands_of(app))
        names += (names.empty() ? "" : " ") + command->get_name();
    return names;
}

/// Its options' long names.
std::vector<const CLI::Option*> options_of(const CLI::App& app)
{
    auto options = app.get_options([](const CLI::Option*) { return true; });
    return options;
}

std::string long_options_of(const CLI::App& app)
{
    std::string names;
    for (const auto* option : options_of(app))
        for (const auto& name : option->get_lnames())
            names += (names.empty() ? "--" : " --") + name;
    return names;
}

// ---- completion -----------------------------------------------------------------------------

struct Place {
    std::string path; // "queue list"; "" for the start
    std::string words;
};

/// Those below it too; `path` is its own, with a space behind, or empty.
void add_places(const CLI::App& app, const std::string& path, std::vector<Place>& places)
{
    for (const auto* command : commands_of(app)) {
        const auto inner = names_of(*command);
        auto words = inner.empty() ? long_options_of(*command) + " --config --json" : inner;
        if (command->get_name() == "completion")
            words = "bash zsh fish";
        places.push_back({path + command->get_name(), std::move(words)});
        add_places(*command, path + command->get_name() + ' ', places);
    }
}

std::vector<Place> places_of(const CLI::App& app)
{
    std::vector<Place> places{{"", names_of(app) + ' ' + long_options_of(app)}};
    add_places(app, "", places);
    return places;
}

/// The same for bash and zsh: `words` are those before the cursor.
std::string choose_words(const std::vector<Place>& places, std::string_view words)
{
    std::string script = fmt::format("    local place=\"\" word\n"
                                     "    for word in {}; do\n"
                                     "        case \"$place $word\" in\n",
                                     words);
    for (const auto& place : places)
        if (!place.path.empty())
            script += fmt::format("        \"{}{}\") place=\"{}{}\" ;;\n", " ", place.path, " ",
                                  place.path);
    script += "        esac\n    done\n    local choices=\"\"\n    case \"$place\" in\n";
    for (const auto& place : places)
        script += fmt::format("    \"{}{}\") choices=\"{}\" ;;\n", place.path.empty() ? "" : " ",
                              place.path, place.words);
    return script + "    esac\n";
}

/// What may follow where `here` holds.
void add_fish(const CLI::App& app, const std::string& here, std::string& script)
{
    const auto commands = commands_of(app);
    const auto when = here.empty() ? std::string("__fish_use_subcommand")
                                   : fmt::format("{}; and not __fish_seen_subcommand_from {}", here,
                                                 names_of(app));
    for (const auto* command : commands) {
        script += fmt::format("complete -c posthouse -f -n '{}' -a {} -d '{}'\n", when,
                              command->get_name(), command->get_description());
        const auto there = fmt::format("{}{}__fish_seen_subcommand_from {}", here,
                                       here.empty() ? "" : "; and ", command->get_name());
        if (commands_of(*command).empty())
            for (const auto* option : options_of(*command))
                for (const auto& name : option->get_lnames())
                    script += fmt::format("complete -c posthouse -n '{}' -l {}\n", there, name);
        add_fish(*command, there, script);
    }
}

std::string fish_script(const CLI::App& app)
{
    std::string script = "# fish completion for posthouse\ncomplete -c posthouse -l config -r -d "
                         "'The configuration file'\ncomplete -c posthouse -l json\n";
    add_fish(app, "", script);
    return script + "complete -c posthouse -f -n '__fish_seen_subcommand_from completion' "
                    "-a 'bash zsh fish'\n";
}

// ---- man(7) ---------------------------------------------------------------------------------

/// Backslashes and dashes are the formatter's; `code` becomes bold.
std::string roff(std::string_view text)
{
    std::string out;
    bool bold = false;
    for (const char c : text) {
        if (c == '`') {
            bold = !bold;
            out += bold ? "\\fB" : "\\fR";
        } else if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
            out += "\\&";
            out += c;
        } else {
            out += c;
        }
    }
    return out;
}

std::string command_section(const CLI::App& command, const std::string& path)
{
    std::string page =
        fmt::format(".SS posthouse {}\n{}.\n", roff(path), roff(command.get_description()));
    for (const auto* option : options_of(command)) {
        if (option->check_lname("help"))
            continue;
        const bool named = !option->get_lnames().empty();
        auto name = named ? "--" + option->get_lnames().front() : option->get_name();
        if (named && option->get_items_expected_max() > 0)
            name += ' ' + option->get_type_name();
        page += fmt::format(".TP\n.B {}\n{}.\n", roff(name), roff(option->get_description()));
    }
    const auto footer = command.get_footer();
    if (const auto at = footer.find("Examples:\n"); at != std::string::npos)
        page += fmt::format(".PP\n.nf\n{}\n.fi\n", roff(footer.substr(at + 10)));
    return page;
}

/// Of each command that has none below it.
void add_sections(const CLI::App& app, const std::string& path, std::string& page)
{
    for (const auto* command : commands_of(app)) {
        if (commands_of(*command).empty())
            page += command_section(*command, path + command->get_name());
        add_sections(*command, path + command->get_name() + ' ', page);
    }
}

} // namespace

std::string completion_script(const CLI::App& app, std::string_view shell)
{
    if (shell == "fish")
        return fish_script(app);
    const auto places = places_of(app);
    if (shell == "zsh")
        return "#compdef posthouse\n_posthouse() {\n" +
               choose_words(places, "${words[2,CURRENT-1]}") +
               "    if [[ ${words[CURRENT-1]} == --config ]]; then _files; return; fi\n"
               "    compadd -- ${=choices}\n}\ncompdef _posthouse posthouse\n"
               // Where it is loaded for the first completion, it is to give that one too.
               "if [[ ${funcstack[1]} == _posthouse ]]; then _posthouse \"$@\"; fi\n";
    return "# bash completion for posthouse\n_posthouse() {\n" +
           choose_words(places, "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\"") +
           "    local current=\"${COMP_WORDS[COMP_CWORD]}\"\n"
           "    if [[ ${COMP_WORDS[COMP_CWORD-1]} == --config ]]; then\n"
           "        COMPREPLY=($(compgen -f -- \"$current\"))\n    else\n"
           "        COMPREPLY=($(compgen -W \"$choices\" -- \"$current\"))\n    fi\n}\n"
           "complete -F _posthouse posthouse\n";
}

std::string command_manual(const CLI::App& app)
{
    std::string page =
        ".\\\" Made by `posthouse manual 1`.\n"
        ".TH POSTHOUSE 1 \"\" \"posthouse " POSTHOUSE_VERSION "\" \"Posthouse\"\n"
        ".SH NAME\nposthouse \\- a whole mail system in one program\n"
        ".SH SYNOPSIS\n.B posthouse\n[\\fB\\-\\-config\\fR \\fIFILE\\fR] [\\fB\\-\\-json\\fR] "
        "\\fICOMMAND\\fR ...\n"
        ".SH DESCRIPTION\n"
        "Posthouse accepts letters by SMTP, keeps them safely, carries them to other hosts or puts "
        "them into mailboxes, and lets people read them. The server is \\fBposthouse serve\\fR; "
        "the other commands administer it, over its control socket while it runs (for root and "
        "the service user), or on the locked store itself while it is stopped.\n"
        ".PP\nEach command takes \\fB\\-\\-help\\fR, \\fB\\-\\-config\\fR \\fIFILE\\fR (by default "
        "/etc/posthouse/posthouse.toml) and \\fB\\-\\-json\\fR.\n"
        ".SH COMMANDS\n";
    add_sections(app, "", page);
    return page +
           ".SH EXIT STATUS\n"
           ".TP\n.B 0\nDone.\n.TP\n.B 1\nThere is no such letter or account, or some of the "
           "letters named could not be changed.\n"
           ".TP\n.B 64\nThe command line makes no sense.\n.TP\n.B 69\nNo server runs, or a port is "
           "in use.\n.TP\n.B 70\nA fault of the program.\n.TP\n.B 71\nThe system refused "
           "something.\n.TP\n.B 73\nA directory cannot be made or written.\n.TP\n.B 74\nThe disk "
           "is full, or the store is damaged.\n.TP\n.B 75\nTry again: another process has the "
           "store.\n.TP\n.B 77\nOnly root and the service user may.\n.TP\n.B 78\nThe "
           "configuration is wrong.\n"
           ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nIf set, there is no colour on terminals.\n"
           ".SH FILES\n.TP\n.I /etc/posthouse/posthouse.toml\nThe configuration, "
           "posthouse.toml(5).\n.TP\n.I /var/lib/posthouse\nThe data directory.\n"
           ".SH SEE ALSO\n.BR posthouse.toml (5)\n";
}

std::string configuration_manual()
{
    std::string page =
        ".\\\" Made by `posthouse manual 5`.\n"
        ".TH POSTHOUSE.TOML 5 \"\" \"posthouse " POSTHOUSE_VERSION "\" \"Posthouse\"\n"
        ".SH NAME\nposthouse.toml \\- configuration of posthouse\n"
        ".SH DESCRIPTION\nOne TOML file. \\fBposthouse check\\fR reports all that "
        "is wrong with it; a wrong file never replaces a running configuration. "
        "In the keys below \\fB*\\fR stands for any name and \\fB[]\\fR for the "
        "tables of an array.\n.SH KEYS\n";
    for (const auto& key : config::keys()) {
        page += fmt::format(".TP\n.B {}\n{}\n.br\n", roff(key.path), roff(key.meaning));
        page += fmt::format("Value: {}.", roff(config::expectation(key)));
        if (!key.by_default.empty())
            page += fmt::format(" Default: {}.", roff(key.by_default));
        page += '\n';
    }
    return page + ".SH FILES\n.I /etc/posthouse/posthouse.toml\n.SH EXAMPLE\n.nf\n"
                  "hostname = \"mx.example.org\"\n"
                  "[domains.\"example.org\"]\n"
                  "[tls]\ncertificate = \"/etc/posthouse/fullchain.pem\"\n"
                  "key = \"/etc/posthouse/key.pem\"\n"
                  "[[listen]]\naddress = \"0.0.0.0:25\"\nprotocol = \"smtp\"\n"
                  "[[listen]]\naddress = \"0.0.0.0:110\"\nprotocol = \"pop3\"\n.fi\n"
                  ".SH SEE ALSO\n.BR posthouse (1)\n";
}

} // namespace posthouse::cli
