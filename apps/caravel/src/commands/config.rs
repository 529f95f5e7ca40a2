//! `caravel config`: every setting, its value, where it comes from and what it means.

use runtime::BoxError;

use crate::{cli::Common, say::say, settings};

pub(super) fn run(common: &Common) -> Result<(), BoxError> {
    let settings = settings::load(common)?;
    settings::check(&settings)?;
    for entry in settings.entries() {
        for line in entry.comment.lines() {
            say(format_args!("# {line}"));
        }
        say(format_args!("{} = {}    ({})\n", entry.key, entry.value, entry.source));
    }
    Ok(())
}
