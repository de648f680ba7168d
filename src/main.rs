//! The binary: parses, runs, and exits with the code.

use std::process::ExitCode;

fn main() -> ExitCode {
    oca::main()
}
