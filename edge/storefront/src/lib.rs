//! The shop's pages: what a shopper sees, rendered on the server.
//!
//! [`views`] holds one struct per page with everything that page shows, already in words; [`theme`] turns a view into
//! HTML with the templates and owns the stylesheet and the script. A new page is a struct in `views`, a template in
//! `templates/` and a line in `examples/preview.rs`, which draws every page with sample data.

pub mod theme;
pub mod views;
