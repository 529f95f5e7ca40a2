//! Pictures that merchants upload.

use bus::Cx;
use message::Fault;
use product_contract::{FileKey, ProductError, PutMedia, StoredMedia};
use store::Tx;

use crate::domain::{SVG, check_media};

/// Stores a picture under a name that is made of its content.
pub(crate) async fn put(
    cx: Cx<()>,
    PutMedia { bytes, media_type }: PutMedia,
) -> Result<StoredMedia, ProductError> {
    // Reading megabytes takes a while; other tasks shall not wait for it.
    let checked = tokio::task::spawn_blocking(move || (check_media(&bytes.0, media_type.as_deref()), bytes));
    let (media, bytes) = checked.await.map_err(Fault::internal)?;
    let media = media.map_err(|error| ProductError::Invalid(vec![error]))?;
    let mut tx = cx.begin().await?;
    insert_media(&mut tx, &media, &bytes.0).await?;
    tx.commit().await?;
    Ok(media)
}

/// Stores the file; one that is known stays as it is.
async fn insert_media(tx: &mut Tx, media: &StoredMedia, content: &[u8]) -> Result<(), Fault> {
    let FileKey(key) = &media.key;
    let (text, bytes) = if media.media_type == SVG {
        (std::str::from_utf8(content).map_err(Fault::internal)?, None)
    } else {
        ("", Some(content))
    };
    // Two statements: a picture is large, and one that is there already need not travel to the database again.
    let known: Option<String> = store::query("SELECT key FROM file WHERE key = $1")
        .bind(key)
        .fetch_optional(&mut *tx, |row| row.get("key"))
        .await?;
    if known.is_some() {
        return Ok(());
    }
    store::query(
        "INSERT INTO file (key, media_type, text, bytes) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING",
    )
    .bind(key)
    .bind(&media.media_type)
    .bind(text)
    .bind(bytes)
    .execute(tx)
    .await
    .map(drop)
}
