//! One man page.

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::shared::{ENVIRONMENT, EXIT_STATUS, FILES};

/// What `roff` writes before each text that it renders.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";
const PROJECT: &str = env!("CARGO_PKG_REPOSITORY");

/// A command with what its page needs from around it.
pub(super) struct Page<'p> {
    pub(super) command: &'p clap::Command,
    /// The name of the page of the command above. `None` for the program itself.
    pub(super) parent: Option<&'p str>,
    pub(super) date: &'p str,
}

impl Page<'_> {
    /// Such as `oca-cache-prune`.
    pub(super) fn name(&self) -> &str {
        self.command.get_display_name().unwrap_or_else(|| self.command.get_name())
    }

    pub(super) fn render(&self) -> String {
        let man = Man::new(self.own_arguments());
        let mut sections = vec![
            self.title(),
            written(|bytes| man.render_name_section(bytes)),
            written(|bytes| man.render_synopsis_section(bytes)),
            written(|bytes| man.render_description_section(bytes)),
            written(|bytes| man.render_options_section(bytes)),
        ];
        if self.children().next().is_some() {
            sections.push(written(|bytes| man.render_subcommands_section(bytes)));
        }
        sections.push(self.rest());
        let sections = sections.iter().map(|text| text.strip_prefix(PREAMBLE).unwrap_or(text));
        let text: String = sections.collect();
        PREAMBLE.to_owned() + &literals_in_bold(&text)
    }

    /// The line `.TH`. In place of a date that is missing, it needs an empty word: the words behind it count.
    fn title(&self) -> String {
        let date = if self.date.is_empty() { "\"\"" } else { self.date };
        format!(".TH {} 1 {date} \"oca {}\" \"OCA Manual\"\n", self.name(), env!("CARGO_PKG_VERSION"))
    }

    /// The command, with the usage of its help. Its page does not repeat the global options of the page of the program.
    fn own_arguments(&self) -> clap::Command {
        let is_below = self.parent.is_some();
        let usage = self.command.clone().render_usage().to_string();
        let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
        self.command.clone().override_usage(usage).mut_args(|arg| {
            let is_hidden = arg.is_hide_set() || (is_below && arg.is_global_set());
            with_values_in_words(arg).hide(is_hidden)
        })
    }

    fn children(&self) -> impl Iterator<Item = &clap::Command> {
        self.command.get_subcommands().filter(|child| !child.is_hide_set())
    }

    /// What clap does not have: the sections behind the arguments and the commands.
    fn rest(&self) -> String {
        let mut roff = Roff::new();
        if self.parent.is_some() {
            roff.control("PP", []);
            roff.text([
                roman("The global options, such as `-C` and `--profile`, are described in "),
                bold("oca"),
                roman("(1)."),
            ]);
        }
        if let Some(examples) = self.command.get_after_long_help() {
            put_examples(&mut roff, &examples.to_string());
        }
        for (heading, rows) in [("EXIT STATUS", EXIT_STATUS), ("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT)]
        {
            roff.control("SH", [heading]);
            for (term, meaning) in rows {
                roff.control("TP", []);
                roff.text([bold(*term)]);
                roff.text([roman(*meaning)]);
            }
        }
        self.put_see_also(&mut roff);
        roff.render()
    }

    fn put_see_also(&self, roff: &mut Roff) {
        let above = self.parent.iter().flat_map(|parent| ["oca", *parent]).map(str::to_owned);
        let below = self.children().filter_map(|child| Some(child.get_display_name()?.to_owned()));
        let mut names: Vec<String> = above.chain(below).collect();
        names.sort();
        names.dedup();
        roff.control("SH", ["SEE ALSO"]);
        let last = names.len();
        for (name, at) in names.iter().zip(1..) {
            roff.text([bold(name), roman(if at == last { "(1)" } else { "(1)," })]);
        }
        roff.control("PP", []);
        roff.text([roman(format!("The pages of the project: {PROJECT}/tree/main/docs"))]);
    }
}

/// The possible values as a part of the help. `clap_mangen` makes a list of them that is longer than the rest.
fn with_values_in_words(arg: clap::Arg) -> clap::Arg {
    let values = arg.get_possible_values();
    let names: Vec<String> = values.iter().map(|value| format!("`{}`", value.get_name())).collect();
    match arg.get_help() {
        Some(help)
            if !names.is_empty() && !arg.is_hide_possible_values_set() && arg.get_action().takes_values() =>
        {
            let help = format!("{help}. Possible values: {}", names.join(", "));
            arg.help(help).hide_possible_values(true)
        }
        _ => arg,
    }
}

/// The part of the help with the examples, a line with `#` above each command.
fn put_examples(roff: &mut Roff, help: &str) {
    roff.control("SH", ["EXAMPLES"]);
    for (at, line) in help.lines().filter_map(|line| line.strip_prefix("  ")).enumerate() {
        if let Some(comment) = line.strip_prefix("# ") {
            if at > 0 {
                roff.control("PP", []);
            }
            roff.text([roman(format!("{comment}:"))]);
        } else {
            roff.control("PP", []).control("RS", ["4"]).control("EX", []);
            roff.text([roman(line)]);
            roff.control("EE", []).control("RE", []);
        }
    }
}

fn written(render: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    render(&mut bytes).expect("memory can be written");
    String::from_utf8(bytes).expect("roff of text is text")
}

/// Sets what stands between backticks in bold, as man pages do.
fn literals_in_bold(text: &str) -> String {
    let mut bolder = String::with_capacity(text.len());
    for line in text.lines() {
        let pieces: Vec<&str> = line.split('`').collect();
        let is_paired = pieces.len() % 2 == 1;
        for (at, piece) in pieces.iter().enumerate() {
            match at {
                0 => {}
                _ if !is_paired => bolder.push('`'),
                _ if at % 2 == 1 => bolder.push_str("\\fB"),
                _ => bolder.push_str("\\fR"),
            }
            bolder.push_str(piece);
        }
        bolder.push('\n');
    }
    bolder
}

#[cfg(test)]
mod tests {
    use super::literals_in_bold;

    #[test]
    fn literals_are_bold_and_a_lone_backtick_stays() {
        assert_eq!(
            literals_in_bold("run `oca lock`, then `oca`\n"),
            "run \\fBoca lock\\fR, then \\fBoca\\fR\n"
        );
        assert_eq!(literals_in_bold("a ` b\n"), "a ` b\n");
    }
}
