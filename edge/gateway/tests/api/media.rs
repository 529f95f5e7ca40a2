//! Pictures are uploaded by the merchant and read by everybody.

use message::{Example as _, FieldError};
use product_contract::{File, FileKey, GetFile, ProductError, PutMedia, StoredMedia};

use crate::{
    Send as _, Shop,
    stand_ins::{Catalogue, Shared},
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and pixels";

#[tokio::test]
async fn a_picture_is_uploaded_and_read_for_ever() {
    let shop = Shop::open();
    let upload =
        || shop.request("POST", "/api/v1/media").admin().header("content-type", "image/png").body(PNG);
    let answer = upload().answer().await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let media: gateway::resources::MediaResource = answer.read();
    assert_eq!(answer.header("location"), media.url);
    assert_eq!(media.url, format!("/media/{}", media.key.0));
    assert_eq!((media.media_type.as_str(), media.size), ("image/png", PNG.len() as u64));
    assert_eq!((media.width, media.height), (Some(1200), Some(800)));
    assert_eq!(upload().answer().await.text, answer.text);

    // The second time from memory.
    for _ in 0..2 {
        let answer = shop.request("GET", &media.url).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let headers = answer.headers();
        assert_eq!(headers["content-type"], "image/png");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(headers["cache-control"].to_str().unwrap().contains("immutable"));
        assert!(headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
        assert_eq!(answer.bytes().await.unwrap(), PNG);
    }
}

#[tokio::test]
async fn what_is_no_picture_is_refused_by_name() {
    let shop = Shop::open();
    let upload = |body: Vec<u8>| shop.request("POST", "/api/v1/media").admin().body(body);
    let gif = upload(b"GIF89a".to_vec()).answer().await;
    assert_eq!((gif.status, gif.code().as_str()), (415, "unsupported-media-type"));
    assert!(gif.header("accept").contains("image/webp"));
    assert!(gif.json()["detail"].as_str().unwrap().contains("not a GIF"), "{}", gif.text);

    let damaged = upload(b"\x89PNG".to_vec()).answer().await;
    assert_eq!((damaged.status, damaged.code().as_str()), (422, "invalid-body"));
    assert_eq!(damaged.pointers(), [""]);

    let form = upload(Vec::new()).header("content-type", "multipart/form-data; boundary=x").answer().await;
    assert_eq!((form.status, form.code().as_str()), (415, "unsupported-media-type"));
    let compressed = upload(PNG.to_vec()).header("content-encoding", "gzip").answer().await;
    assert_eq!((compressed.status, compressed.code().as_str()), (415, "unsupported-media-type"));

    let large = upload(vec![0; (10 << 20) + 1]).answer().await;
    assert_eq!((large.status, large.code().as_str()), (413, "body-too-large"));
    assert_eq!(large.json()["max_bytes"], 10 << 20);

    let nobody = shop.request("POST", "/api/v1/media").body(PNG).answer().await;
    assert_eq!((nobody.status, nobody.code().as_str()), (401, "unauthorized"));
    assert_eq!(shop.get("/media/..%2Fproduct.db").await.status, 404);
}

/// Takes what begins as a PNG does.
pub(crate) async fn put(cx: Shared<Catalogue>, request: PutMedia) -> Result<StoredMedia, ProductError> {
    let refused = |pointer: &str, detail: &'static str| {
        Err(ProductError::Invalid(vec![FieldError::new(pointer.to_owned(), detail)]))
    };
    if request.bytes.0.starts_with(b"GIF") {
        return refused("/media_type", "expected a JPEG, PNG, WebP or SVG, not a GIF");
    }
    if !request.bytes.0.starts_with(b"\x89PNG\r\n") {
        return refused("/bytes", "expected a whole picture");
    }
    let media = StoredMedia {
        key: FileKey("def2.1200x800.png".to_owned()),
        media_type: "image/png".to_owned(),
        size: request.bytes.0.len() as u64,
        ..StoredMedia::example()
    };
    *cx.uploaded.lock().unwrap() = Some(request.bytes);
    Ok(media)
}

pub(crate) async fn get(
    cx: Shared<Catalogue>,
    GetFile { key }: GetFile,
) -> Result<Option<File>, ProductError> {
    let svg = File { text: "<svg><script/></svg>".to_owned(), ..File::example() };
    let png = |bytes| File { media_type: "image/png".to_owned(), text: String::new(), bytes };
    Ok(match key.0.as_str() {
        "abc1.svg" => Some(svg),
        "def2.1200x800.png" => cx.uploaded.lock().unwrap().clone().map(png),
        _ => None,
    })
}
