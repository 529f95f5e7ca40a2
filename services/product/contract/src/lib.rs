//! What `product` answers, emits and knows: products, their variants, prices and pictures.
//!
//! | module | holds |
//! |---|---|
//! | `product` | the product itself: its variants and their options |
//! | `requests` | the requests that create, change, read and list products |
//! | `files` | pictures, and the requests about the files that hold them |
//! | `events` | what happens to products |
//! | `text` | checked words: slugs, titles, SKUs |
//! | `contract` | all messages with an example of each |

mod contract;
mod events;
mod files;
mod product;
mod requests;
mod text;

pub use contract::contract;
pub use events::{AvailabilityChanged, ProductChanged};
pub use files::{File, FileKey, GetFile, Picture, PutFiles};
pub use product::{OptionValue, Product, ProductId, ProductStatus, Variant, VariantId};
pub use requests::{
    ChangeProduct, CreateProduct, GetProduct, ImportProducts, Imported, ListCollections, ListProducts,
    NewProduct, NewVariant, ProductChange, ProductError, ProductKey, Shelf, VariantChange,
};
pub use text::{Collection, Sku, Slug, TaxClass, Title};
