//! Checks that the code keeps to the map in `ARCHITECTURE.md`.

mod arrows;
mod house;
mod layout;

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
    problems
        .extend(layout::check(&root, &house).map_err(|error| format!("tidy cannot read the tree: {error}"))?);
    match problems.len() {
        0 => Ok(format!("tidy: {} crates, all in order", house.members.len())),
        count => {
            let list: Vec<String> = problems.iter().map(Problem::to_string).collect();
            let rules = if count == 1 { "one thing is" } else { "some things are" };
            Err(format!("{}\n\ntidy: {rules} not in order ({count})", list.join("\n\n")))
        }
    }
}
