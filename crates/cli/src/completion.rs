//! `wharf completion` and `wharf man`: what shells and `man` know of the command line, from its own definitions.

use std::{fs, io, path::Path, process::ExitCode};

use clap::{CommandFactory, ValueEnum};
use clap_complete::{Shell as Generator, generate};

use crate::{Cli, problem::Problem};

#[derive(ValueEnum, Debug, Clone, Copy)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

pub fn print(shell: Shell) -> Result<ExitCode, Problem> {
    let shell = match shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
    };
    // In memory first: a reader that leaves early is no reason to panic.
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "wharf", &mut script);
    match io::Write::write_all(&mut io::stdout(), &script) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Problem::caused("cannot print", error))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// One page for wharf and one for each of its commands: `wharf.1`, `wharf-up.1`.
pub fn manual(dir: &Path) -> Result<ExitCode, Problem> {
    fs::create_dir_all(dir).map_err(Problem::file("cannot make", dir))?;
    clap_mangen::generate_to(Cli::command(), dir).map_err(Problem::file("cannot write to", dir))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_a_page() {
        let dir = tempfile::tempdir().unwrap();
        manual(dir.path()).unwrap();
        for page in [
            "wharf.1",
            "wharf-up.1",
            "wharf-logs.1",
            "wharf-keys-rotate.1",
        ] {
            let text = fs::read_to_string(dir.path().join(page)).unwrap();
            assert!(text.contains(".SH NAME"), "{page}");
        }
        assert!(
            !dir.path().join("wharf-agent.1").exists(),
            "hidden ones have none"
        );
    }
}
