//! Makes a service: its folder, and the lines that mount it.

pub(crate) fn run(_name: &str) -> Result<String, String> {
    Err(String::new())
}
