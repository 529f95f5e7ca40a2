//! `caravel config`: every setting, its value, where it comes from and what it means.

use runtime::{BoxError, settings::Settings};

use crate::{say::say, settings};

pub(super) fn run(settings: &Settings) -> Result<(), BoxError> {
    settings::check(settings)?;
    for entry in settings.entries() {
        for line in entry.comment.lines() {
            say(format_args!("# {line}"));
        }
        say(format_args!("{} = {}    ({})\n", entry.key, entry.value, entry.source));
    }
    Ok(())
}
