//! The command line program.

fn main() -> std::process::ExitCode {
    keyrack::cli::main()
}
