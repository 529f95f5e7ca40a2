//! One function for each message.

use std::collections::{BTreeMap, HashSet};

use bus::{Cx, Incoming};
use message::{Failure, Fault, FieldError, Kind, ListPage};
use order_contract::StockChanged;
use product_contract::{
    AvailabilityChanged, ChangeProduct, CollectionSummary, CreateProduct, File, FileKey, FindVariants,
    GetFile, GetProduct, ImportProducts, ImportReport, ListCollections, ListProducts, Picture, Product,
    ProductChanged, ProductError, ProductId, ProductKey, PutFiles, SavedProduct, VariantCard,
};
use store::Tx;

use crate::{
    domain::{self, GivenSkus, NewRecord, validate},
    queries,
};

/// How many files are stored at once at most.
const MAX_FILES: usize = 1_000;

/// How many variants are found at once at most.
const MAX_FOUND: usize = 100;

pub(crate) async fn create(
    cx: Cx<()>,
    CreateProduct { product }: CreateProduct,
) -> Result<SavedProduct, ProductError> {
    let files = queries::known_files(cx.db(), keys(&product.pictures)).await?;
    let record = NewRecord::new(product, cx.now(), cx.ids())?;
    refuse_if_wrong(validate::create(&record, &files))?;
    let (id, digest) = (record.product.id, record.digest.clone());
    let skus = GivenSkus::of_new(&record.product);
    let product = match insert(&cx, &[record]).await?.pop() {
        Some(created) => created,
        None => created_before(&cx, id, &digest).await?,
    };
    saved(&cx, product, &skus).await
}

/// The product that was created under `id` before, if it was created from the same.
async fn created_before(cx: &Cx<()>, id: ProductId, digest: &str) -> Result<Product, ProductError> {
    if queries::digest(cx.db(), id).await?.as_deref() != Some(digest) {
        let error =
            FieldError::new("/id", "this id belongs to a product that was created from something else");
        return Err(ProductError::Invalid(vec![error]));
    }
    queries::find(cx.db(), &ProductKey::Id(id)).await?.ok_or(ProductError::NotFound)
}

/// The answer that a product was saved, with a warning for each given SKU that other variants have.
async fn saved(cx: &Cx<()>, product: Product, given: &GivenSkus) -> Result<SavedProduct, ProductError> {
    let elsewhere = queries::sku_doubles(cx.db(), product.id, &given.keys()).await?;
    let warnings = domain::warnings(&product, given, &elsewhere);
    Ok(SavedProduct { product, warnings })
}

pub(crate) async fn import(
    cx: Cx<()>,
    ImportProducts { products }: ImportProducts,
) -> Result<ImportReport, ProductError> {
    refuse_if_wrong(validate::import_request(&products))?;
    let files = queries::known_files(cx.db(), keys(products.iter().flat_map(|new| &new.pictures))).await?;
    let now = cx.now();
    let new_records: Vec<_> = products
        .into_iter()
        .map(|product| NewRecord::new(product, now, cx.ids()))
        .collect::<Result<_, Fault>>()?;
    refuse_if_wrong(validate::import(&new_records, &files))?;
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
    let variants = products.iter().flat_map(|product| &product.variants);
    let levels = queries::insert_levels(&mut tx, variants).await?;
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
    ChangeProduct { id, expected_version, change }: ChangeProduct,
) -> Result<SavedProduct, ProductError> {
    let files = queries::known_files(cx.db(), keys(change.pictures.iter().flatten())).await?;
    let mut tx = cx.begin().await?;
    let before = queries::lock(&mut tx, id).await?.ok_or(ProductError::NotFound)?;
    let changed = domain::apply(&before, &change, cx.now(), cx.ids());
    let errors = validate::change(&before, &change, &changed, &files);
    let skus = GivenSkus::of_change(&change);
    // What is there already may be asked for again, whatever the version: an answer may have been lost.
    if errors.is_empty() && changed.product == before {
        tx.rollback().await?;
        return saved(&cx, before, &skus).await;
    }
    if expected_version.is_some_and(|expected| expected != before.version) {
        return Err(ProductError::VersionConflict { current: before.version });
    }
    refuse_if_wrong(errors)?;
    let mut after = changed.product;
    queries::update(&mut tx, &before, &mut after)
        .await
        .map_err(|fault| queries::change_refusal(fault, &after))?;
    tx.publish(&ProductChanged { product: after.clone() })?;
    tx.commit().await?;
    saved(&cx, after, &skus).await
}

pub(crate) async fn get(cx: Cx<()>, GetProduct { key }: GetProduct) -> Result<Product, ProductError> {
    queries::find(cx.db(), &key).await?.ok_or(ProductError::NotFound)
}

pub(crate) async fn list(cx: Cx<()>, request: ListProducts) -> Result<ListPage<Product>, ProductError> {
    let after = request.cursor.as_deref().map(str::parse::<ProductId>).transpose();
    let after = after.map_err(|invalid| ProductError::Invalid(vec![invalid.at("/cursor")]))?;
    Ok(queries::list(cx.db(), &request, after).await?)
}

pub(crate) async fn find_variants(
    cx: Cx<()>,
    FindVariants { variant_ids }: FindVariants,
) -> Result<Vec<VariantCard>, ProductError> {
    if variant_ids.len() > MAX_FOUND {
        let error = FieldError::new("/variant_ids", format!("expected at most {MAX_FOUND} variants"));
        return Err(ProductError::Invalid(vec![error]));
    }
    Ok(queries::cards(cx.db(), &variant_ids).await?)
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
