//! The macros behind `#[testing::db_test]` and its relatives.

use proc_macro::TokenStream;
use proc_macro2::Ident;
use quote::{format_ident, quote};
use syn::{ItemFn, parse_macro_input};

/// Runs an `async fn name(place: testing::Place)` once on SQLite and once on PostgreSQL, each time on a new database.
#[proc_macro_attribute]
pub fn db_test(_: TokenStream, item: TokenStream) -> TokenStream {
    on_places(item, &["sqlite", "postgres"])
}

/// Like `db_test`, and once more on everything that a fleet needs.
#[proc_macro_attribute]
pub fn shop_test(_: TokenStream, item: TokenStream) -> TokenStream {
    on_places(item, &["sqlite", "postgres", "fleet"])
}

/// Like `shop_test`, for what only a fleet can do.
#[proc_macro_attribute]
pub fn fleet_test(_: TokenStream, item: TokenStream) -> TokenStream {
    on_places(item, &["fleet"])
}

fn on_places(item: TokenStream, places: &[&str]) -> TokenStream {
    let test = parse_macro_input!(item as ItemFn);
    let name = &test.sig.ident;
    let places: Vec<Ident> = places.iter().map(|place| format_ident!("{place}")).collect();
    quote! {
        mod #name {
            #(
                #[test]
                fn #places() {
                    ::testing::run(::testing::Place::#places(), super::#name);
                }
            )*
        }

        #test
    }
    .into()
}
