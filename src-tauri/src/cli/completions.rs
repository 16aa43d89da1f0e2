use clap_complete::Shell;

use super::print;
use super::problem::Problem;

/// Print a completion script
#[derive(clap::Args)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &Args, mut program: clap::Command) -> Result<(), Problem> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "keyrack", &mut script);
    print::exact_line(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}
