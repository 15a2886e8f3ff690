//! The first process alone, for tests that boot instances without the whole program.

use std::process::ExitCode;

fn main() -> ExitCode {
    wharf_instance_init::run()
}
