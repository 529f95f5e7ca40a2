//! Checks that the code keeps to the map in `ARCHITECTURE.md`.

mod arrows;
mod functions;
mod house;
mod layout;
mod names;
mod settings;
mod sources;

use std::fmt;

use self::house::House;
pub(crate) use self::layout::SERVICES;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    /// What is wrong.
    what: String,
    /// The file or folder, from the root.
    place: String,
    /// What the rule is good for.
    why: &'static str,
    /// How to mend it.
    mend: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.place, self.what)?;
        writeln!(f, "    why: {}", self.why)?;
        write!(f, "    do:  {}", self.mend)
    }
}

/// Checks everything; the error lists every problem.
pub(crate) fn run() -> Result<String, String> {
    let metadata = crate::metadata()?;
    let root = crate::root(&metadata);
    let house = House::of(&metadata);
    let mut problems = arrows::check(&house);
    let unreadable = |error| format!("tidy cannot read the tree: {error}");
    let sources = sources::read(&root).map_err(unreadable)?;
    problems.extend(layout::check(&root, &house, &sources).map_err(unreadable)?);
    problems.extend(functions::check(&sources));
    problems.extend(names::check(&sources));
    problems.extend(settings::check(&sources));
    match problems.len() {
        0 => Ok(format!("tidy: {} crates, all in order", house.members.len())),
        count => {
            let list: Vec<String> = problems.iter().map(Problem::to_string).collect();
            let rules = if count == 1 { "one thing is" } else { "some things are" };
            Err(format!("{}\n\ntidy: {rules} not in order ({count})", list.join("\n\n")))
        }
    }
}
