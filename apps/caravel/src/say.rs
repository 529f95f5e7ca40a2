//! What the program says to whoever started it.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// Says a line. Nobody listening any more (`caravel config | head`) is no reason to stop what is being done.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}
