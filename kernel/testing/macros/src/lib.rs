//! The macro behind `#[testing::db_test]`.

use proc_macro::TokenStream;
use quote::quote;
use syn::{ItemFn, parse_macro_input};

/// Runs an `async fn name(place: testing::Place)` once on SQLite and once on PostgreSQL, each on databases of its own.
#[proc_macro_attribute]
pub fn db_test(_: TokenStream, item: TokenStream) -> TokenStream {
    let test = parse_macro_input!(item as ItemFn);
    let name = &test.sig.ident;
    quote! {
        mod #name {
            #[test]
            fn sqlite() {
                ::testing::run(::testing::Place::sqlite(), super::#name);
            }

            #[test]
            fn postgres() {
                ::testing::run(::testing::Place::postgres(), super::#name);
            }
        }

        #test
    }
    .into()
}
