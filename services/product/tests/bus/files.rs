use message::Base64;
use product_contract::{File, FileKey, GetFile, Picture, PutFiles, PutMedia};
use testing::db_test;

use crate::*;

fn svg(inside: &str) -> String {
    format!("<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>")
}

#[db_test]
async fn files_are_named_by_their_content_and_stored_once(backend: TestBackend) {
    let shop = shop(&backend).await;
    let svgs: Vec<_> = ["<path d='M0 0'/>", "<text>केतली</text>", "<path d='M0 0'/>"].map(svg).into();
    let keys = shop.ask(&PutFiles { svgs: svgs.clone() }).await.unwrap();
    assert_eq!(keys[0], keys[2]);
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[0].0, "fe2a75dbc8a01955a8bb3d64604d6598400453019ec019bc02b96788a432e1cd.svg");
    assert_eq!(shop.ask(&PutFiles { svgs: svgs.clone() }).await.unwrap(), keys);
    for (key, text) in keys.into_iter().zip(svgs) {
        let file = shop.ask(&GetFile { key }).await.unwrap();
        assert_eq!(
            file,
            Some(File { media_type: "image/svg+xml".to_owned(), text, bytes: Base64::default() })
        );
    }
    assert_eq!(shop.ask(&PutFiles { svgs: vec![] }).await.unwrap(), []);
}

#[db_test]
async fn what_could_harm_a_shopper_is_refused_with_its_place(backend: TestBackend) {
    let shop = shop(&backend).await;
    let svgs = ["<path/>", "<script>alert(1)</script>", "<path/>", "<path onload='alert(1)'/>"];
    let mut svgs: Vec<_> = svgs.map(svg).into();
    svgs.push(svg(&" ".repeat(64 << 10)));
    svgs.push("no picture".to_owned());
    let refused = shop.ask(&PutFiles { svgs }).await;
    assert_eq!(pointers(refused), ["/svgs/1", "/svgs/3", "/svgs/4", "/svgs/5"]);
    let many = vec![svg(""); 1_001];
    assert_eq!(pointers(shop.ask(&PutFiles { svgs: many }).await), ["/svgs"]);
}

#[db_test]
async fn files_that_are_not_there_are_not_there(backend: TestBackend) {
    let shop = shop(&backend).await;
    let unknown = format!("{}.svg", "0".repeat(64));
    for key in ["", "../product.db", "\u{0}.svg", &unknown, &unknown.to_uppercase()] {
        assert_eq!(shop.ask(&GetFile { key: FileKey(key.to_owned()) }).await.unwrap(), None);
    }
}

/// The smallest head that is a PNG of this size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    bytes.extend(b"\x08\x02\0\0\0\0\0\0\0\0\0\0\x03IDATabc\0\0\0\0\0\0\0\0IEND\xae\x42\x60\x82");
    bytes
}

#[db_test]
async fn pictures_of_pixels_are_stored_once_and_read_back(backend: TestBackend) {
    let shop = shop(&backend).await;
    let put = PutMedia { bytes: png(1200, 800).into(), media_type: Some("image/png".to_owned()) };
    // Two at once, and once more.
    let (one, other) = futures::join!(shop.ask(&put), shop.ask(&put));
    let media = one.unwrap();
    assert_eq!(media, other.unwrap());
    assert_eq!(media, shop.ask(&put).await.unwrap());
    assert_eq!((media.width, media.height, media.key.size()), (Some(1200), Some(800), Some((1200, 800))));
    let file = shop.ask(&GetFile { key: media.key.clone() }).await.unwrap().unwrap();
    assert_eq!((file.media_type.as_str(), file.text.as_str(), file.bytes), ("image/png", "", put.bytes));

    // A product can be shown with it.
    let mut kettle = kettle(&shop, "copper-kettle");
    kettle.pictures = vec![Picture { file: media.key, alt: "from the front".to_owned() }];
    create(&shop, &kettle).await.unwrap();

    // The largest.
    let mut large = png(1, 1);
    large.resize(10 << 20, 0);
    let media = shop.ask(&PutMedia { bytes: large.clone().into(), media_type: None }).await.unwrap();
    assert_eq!(shop.ask(&GetFile { key: media.key }).await.unwrap().unwrap().bytes.0, large);
    large.push(0);
    assert_eq!(pointers(shop.ask(&PutMedia { bytes: large.into(), media_type: None }).await), ["/bytes"]);
}

#[db_test]
async fn an_svg_is_the_same_file_by_both_ways(backend: TestBackend) {
    let shop = shop(&backend).await;
    let text = svg("<path d='M0 0h1'/>");
    let keys = shop.ask(&PutFiles { svgs: vec![text.clone()] }).await.unwrap();
    let media =
        shop.ask(&PutMedia { bytes: text.clone().into_bytes().into(), media_type: None }).await.unwrap();
    assert_eq!(media.key, keys[0]);
    assert_eq!(shop.ask(&GetFile { key: media.key }).await.unwrap().unwrap().text, text);
    let harmful = svg("<script>alert(1)</script>").into_bytes();
    assert_eq!(pointers(shop.ask(&PutMedia { bytes: harmful.into(), media_type: None }).await), ["/bytes"]);
    let gif = PutMedia { bytes: b"GIF89a".to_vec().into(), media_type: None };
    assert_eq!(pointers(shop.ask(&gif).await), ["/media_type"]);
}
