//! Draws every page with sample data, to look at while working on the theme:
//! `cargo run -p storefront --example preview -- FOLDER`, then serve the folder and open `index.html`.

mod sample;
mod sample_orders;
mod stills;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use http::HeaderMap;
use storefront::theme::{FILES, Theme};
use storefront::views::View;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).map_or_else(|| env::temp_dir().join("caravel-preview"), PathBuf::from);
    let theme = Theme::new(&HeaderMap::new())?;
    write_files(&folder, &theme)?;
    let draw = Draw { folder: &folder, theme: &theme };
    draw.page("index", &sample::home())?;
    draw.page("home-empty", &sample::home_of_an_empty_shop())?;
    draw.page("list", &sample::list())?;
    draw.page("list-empty", &sample::empty_list())?;
    draw.page("product", &sample::product())?;
    draw.page("product-single", &sample::product_without_choice())?;
    draw.page("product-out", &sample::sold_out_product())?;
    draw.page("checkout", &sample_orders::checkout())?;
    draw.page("checkout-errors", &sample_orders::checkout_with_errors())?;
    draw.page("checkout-gone", &sample_orders::checkout_gone())?;
    draw.page("order-pending", &sample_orders::pending_order())?;
    draw.page("order-declined", &sample_orders::declined_order())?;
    draw.page("order-refunded", &sample_orders::refunded_order())?;
    draw.page("order-confirmed", &sample_orders::confirmed_order())?;
    draw.page("order-shipped", &sample_orders::shipped_order())?;
    draw.page("order-cancelled", &sample_orders::cancelled_order())?;
    draw.page("mailbox", &sample_orders::mailbox())?;
    draw.page("mailbox-empty", &sample_orders::empty_mailbox())?;
    draw.page("mail", &sample_orders::mail())?;
    draw.page("error-404", &sample::not_found())?;
    draw.page("error-503", &sample::unavailable())?;
    draw.page("api", &sample::api_docs())?;
    draw.page("problems", &sample::problems())?;
    // new-service: draw.page("{{name}}", &storefront::views::{{Name}}View { title: "The first".into(), created_at: sample_orders::moment("08:00") })?;
    println!("{}", folder.join("index.html").display());
    Ok(())
}

struct Draw<'a> {
    folder: &'a Path,
    theme: &'a Theme,
}

impl Draw<'_> {
    fn page<V: View>(&self, name: &str, page: &V) -> Result<(), Box<dyn Error>> {
        fs::write(
            self.folder.join(name).with_extension("html"),
            self.theme.render(&sample::site(name), page)?,
        )?;
        Ok(())
    }
}

fn write_files(folder: &Path, theme: &Theme) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder.join("assets"))?;
    fs::create_dir_all(folder.join("pictures"))?;
    for (name, content) in FILES {
        let url = theme.assets().url(name).unwrap_or_default();
        fs::write(folder.join(url.trim_start_matches('/')), content)?;
    }
    for (name, svg) in stills::all() {
        fs::write(folder.join("pictures").join(name), svg)?;
    }
    fs::write(folder.join("mail-alone.html"), sample_orders::MAIL_HTML)?;
    Ok(())
}
