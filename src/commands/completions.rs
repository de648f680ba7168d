//! `oca completions`: prints the script with which a shell completes the command line.

use crate::complete::Shell;
use crate::error::Error;
use crate::output::Printer;

const EXAMPLES: &str = "\
Examples:
  # In ~/.bashrc: complete in every new bash
  eval \"$(oca completions bash)\"
  # In ~/.zshrc, below compinit
  source <(oca completions zsh)
  # Complete in every new fish
  oca completions fish > ~/.config/fish/completions/oca.fish
  # In the file that $PROFILE of PowerShell names
  oca completions powershell | Out-String | Invoke-Expression";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// The script calls `oca` back. So it stays valid when `repos.toml` changes or `oca` is updated.
#[expect(clippy::unnecessary_wraps, reason = "every command returns a result")]
pub(crate) fn run(args: &Args, printer: &Printer) -> Result<(), Error> {
    printer.data(&args.shell.script());
    Ok(())
}
