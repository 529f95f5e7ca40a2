//! Lines for the person who started the program.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// Prints a line. That nobody reads on (`caravel config | head`) is no reason to stop the work.
pub(crate) fn print(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}
