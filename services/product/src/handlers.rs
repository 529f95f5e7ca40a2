//! One function for each message.

use std::collections::{BTreeMap, HashSet};

use bus::{Cx, Incoming};
use message::{Failure, Fault, FieldError, Kind, ListPage};
use order_contract::StockChanged;
use product_contract::{
    AvailabilityChanged, ChangeProduct, CollectionSummary, CreateProduct, File, FileKey, GetFile, GetProduct,
    ImportProducts, ImportReport, ListCollections, ListProducts, Picture, Product, ProductChanged,
    ProductError, ProductId, ProductKey, PutFiles,
};
use store::Tx;

use crate::{
    domain::{self, NewRecord, validate},
    queries,
};

/// How many files are stored at once at most.
const MAX_FILES: usize = 1_000;

pub(crate) async fn create(
    cx: Cx<()>,
    CreateProduct { product }: CreateProduct,
) -> Result<Product, ProductError> {
    let files = queries::known_files(cx.db(), keys(&product.pictures)).await?;
    refuse_if_wrong(validate::create(&product, &files))?;
    let record = NewRecord::new(product, cx.now(), cx.ids())?;
    let (id, digest) = (record.product.id, record.digest.clone());
    if let Some(created) = insert(&cx, &[record]).await?.pop() {
        return Ok(created);
    }
    if queries::digest(cx.db(), id).await? != Some(digest) {
        let error =
            FieldError::new("/id", "this id belongs to a product that was created from something else");
        return Err(ProductError::Invalid(vec![error]));
    }
    queries::find(cx.db(), &ProductKey::Id(id)).await?.ok_or(ProductError::NotFound)
}

pub(crate) async fn import(
    cx: Cx<()>,
    ImportProducts { products }: ImportProducts,
) -> Result<ImportReport, ProductError> {
    let pictures = products.iter().take(validate::MAX_IMPORT).flat_map(|product| &product.pictures);
    let files = queries::known_files(cx.db(), keys(pictures)).await?;
    refuse_if_wrong(validate::import(&products, &files))?;
    let now = cx.now();
    let new_records: Vec<_> = products
        .into_iter()
        .map(|product| NewRecord::new(product, now, cx.ids()))
        .collect::<Result<_, Fault>>()?;
    let created = insert(&cx, &new_records).await?.len();
    Ok(ImportReport { created: created as u64, unchanged: (new_records.len() - created) as u64 })
}

/// Stores the products whose id is new, publishes them, and returns them.
async fn insert(cx: &Cx<()>, new_records: &[NewRecord]) -> Result<Vec<Product>, ProductError> {
    match try_insert(cx, new_records).await {
        // A twin may have been stored at the same moment, and have violated the slug's constraint before the id's. Now it
        // is there, so a second try finds it; what is refused then is really taken.
        Err(fault) if fault.kind() == Kind::Constraint => match try_insert(cx, new_records).await {
            Err(fault) => Err(queries::refusal(cx.db(), fault, new_records).await?),
            Ok(created) => Ok(created),
        },
        outcome => Ok(outcome?),
    }
}

async fn try_insert(cx: &Cx<()>, new_records: &[NewRecord]) -> Result<Vec<Product>, Fault> {
    let mut tx = cx.begin().await?;
    let new = queries::insert_products(&mut tx, new_records).await?;
    let mut products: Vec<_> = new_records
        .iter()
        .map(|record| &record.product)
        .filter(|product| new.contains(&product.id))
        .cloned()
        .collect();
    if products.is_empty() {
        return Ok(products);
    }
    queries::insert_variants(&mut tx, &products).await?;
    queries::insert_pictures(&mut tx, &products).await?;
    let levels = queries::insert_levels(&mut tx, &products).await?;
    for product in &mut products {
        for variant in &mut product.variants {
            variant.available = levels.get(&variant.id).copied().unwrap_or_default();
        }
        tx.publish(&ProductChanged { product: product.clone() })?;
    }
    tx.commit().await?;
    Ok(products)
}

pub(crate) async fn change(
    cx: Cx<()>,
    ChangeProduct { id, change }: ChangeProduct,
) -> Result<Product, ProductError> {
    let files = queries::known_files(cx.db(), keys(change.pictures.iter().flatten())).await?;
    let mut tx = cx.begin().await?;
    let before = queries::lock(&mut tx, id).await?.ok_or(ProductError::NotFound)?;
    refuse_if_wrong(validate::change(&before, &change, &files))?;
    let Some(after) = domain::apply(&before, change, cx.now()) else { return Ok(before) };
    queries::update(&mut tx, &before, &after).await.map_err(|fault| match fault.constraint() {
        Some("product_slug_key") => ProductError::SlugTaken(after.slug.clone()),
        _ => fault.into(),
    })?;
    tx.publish(&ProductChanged { product: after.clone() })?;
    tx.commit().await?;
    Ok(after)
}

pub(crate) async fn get(cx: Cx<()>, GetProduct { key }: GetProduct) -> Result<Product, ProductError> {
    queries::find(cx.db(), &key).await?.ok_or(ProductError::NotFound)
}

pub(crate) async fn list(cx: Cx<()>, request: ListProducts) -> Result<ListPage<Product>, ProductError> {
    let after = request.cursor.as_deref().map(str::parse::<ProductId>).transpose();
    let after = after.map_err(|invalid| ProductError::Invalid(vec![invalid.at("/cursor")]))?;
    let products = queries::list(cx.db(), &request, after).await?;
    Ok(ListPage::from_overfull(products, request.limit, |product| product.id.to_string()))
}

pub(crate) async fn list_collections(
    cx: Cx<()>,
    ListCollections {}: ListCollections,
) -> Result<Vec<CollectionSummary>, ProductError> {
    Ok(queries::collections(cx.db()).await?)
}

pub(crate) async fn put_files(cx: Cx<()>, PutFiles { svgs }: PutFiles) -> Result<Vec<FileKey>, ProductError> {
    if svgs.len() > MAX_FILES {
        let error = FieldError::new("/svgs", format!("expected at most {MAX_FILES} files"));
        return Err(ProductError::Invalid(vec![error]));
    }
    // Checking a thousand large pictures takes a while; other tasks shall not wait for it.
    let checked = tokio::task::spawn_blocking(move || check_files(svgs)).await.map_err(Fault::internal)?;
    let (keys, files) = checked.map_err(ProductError::Invalid)?;
    let mut tx = cx.begin().await?;
    queries::insert_files(&mut tx, &files).await?;
    tx.commit().await?;
    Ok(keys)
}

/// The files' keys, in order, and the files by key.
type Files = (Vec<FileKey>, BTreeMap<String, String>);

fn check_files(svgs: Vec<String>) -> Result<Files, Vec<FieldError>> {
    let wrong: Vec<_> = (0..)
        .zip(&svgs)
        .filter_map(|(at, svg)| domain::check_svg(svg).err().map(|reason| (at, reason)))
        .map(|(at, reason): (usize, _)| FieldError::new(format!("/svgs/{at}"), reason))
        .collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let keys: Vec<_> = svgs.iter().map(|svg| domain::file_key(svg)).collect();
    let files = keys.iter().map(|key| key.0.clone()).zip(svgs).collect();
    Ok((keys, files))
}

pub(crate) async fn get_file(cx: Cx<()>, GetFile { key }: GetFile) -> Result<Option<File>, ProductError> {
    Ok(queries::file(cx.db(), &key).await?)
}

/// Copies the stock levels that `order` publishes. For any number of events, each variant is written once and each product
/// is named once. (A draft is named as well: it may be published at the same moment.)
pub(crate) async fn mirror_stock(
    cx: Cx<()>,
    tx: &mut Tx,
    events: Vec<Incoming<StockChanged>>,
) -> Result<(), Failure> {
    let headers = match events.as_slice() {
        [only] => only.headers.clone(),
        _ => cx.headers().clone(),
    };
    let levels = domain::newest(events.into_iter().flat_map(|event| event.body.levels));
    let variants = queries::upsert_levels(tx, &levels).await?;
    let products = queries::products_of(tx, &variants).await?;
    if !products.is_empty() {
        let products = products.into_iter().collect();
        tx.publish_as(&AvailabilityChanged { id: cx.id(), products }, headers)?;
    }
    Ok(())
}

/// The keys among these pictures' that a file could have, each once.
fn keys<'a>(pictures: impl IntoIterator<Item = &'a Picture>) -> HashSet<&'a FileKey> {
    pictures.into_iter().map(|picture| &picture.file).filter(|key| domain::is_file_key(key)).collect()
}

fn refuse_if_wrong(errors: Vec<FieldError>) -> Result<(), ProductError> {
    if errors.is_empty() { Ok(()) } else { Err(ProductError::Invalid(errors)) }
}
