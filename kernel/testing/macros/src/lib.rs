//! The macros behind `#[testing::db_test]` and its relatives.

use proc_macro::TokenStream;
use proc_macro2::Ident;
use quote::{format_ident, quote};
use syn::{ItemFn, parse_macro_input};

/// Runs an `async fn name(backend: testing::TestBackend)` once on SQLite and once on PostgreSQL, each time on a new database.
#[proc_macro_attribute]
pub fn db_test(_: TokenStream, item: TokenStream) -> TokenStream {
    on_backends(item, &["sqlite", "postgres"])
}

/// Like `db_test`, and once more on everything that a fleet needs.
#[proc_macro_attribute]
pub fn shop_test(_: TokenStream, item: TokenStream) -> TokenStream {
    on_backends(item, &["sqlite", "postgres", "fleet"])
}

/// Like `shop_test`, for what only a fleet can do.
#[proc_macro_attribute]
pub fn fleet_test(_: TokenStream, item: TokenStream) -> TokenStream {
    on_backends(item, &["fleet"])
}

fn on_backends(item: TokenStream, backends: &[&str]) -> TokenStream {
    let test = parse_macro_input!(item as ItemFn);
    let name = &test.sig.ident;
    let backends: Vec<Ident> = backends.iter().map(|backend| format_ident!("{backend}")).collect();
    quote! {
        mod #name {
            #(
                #[test]
                fn #backends() {
                    ::testing::run(::testing::TestBackend::#backends(), super::#name);
                }
            )*
        }

        #test
    }
    .into()
}
