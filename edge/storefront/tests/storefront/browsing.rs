//! The pages that are the same for everybody, over real sockets.

use crate::stand_in::{
    Shop, client,
    goods::{many, pictured, product, shop},
};
use message::{Clock, Id, IdSource};
use product_contract::{AvailabilityChanged, ProductChanged, ProductStatus};
use reqwest::StatusCode;

fn ids() -> IdSource {
    IdSource::random(Clock::system())
}

async fn text(url: String) -> String {
    client().get(url).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_stocked_shop_can_be_looked_through() {
    let shop = Shop::open(shop(&ids()));
    let home = text(format!("{}/", shop.url)).await;
    assert!(home.contains("Enamel kettle") && home.contains("from ₹2,360"));
    assert!(home.contains("/products?collection=Kitchen") && home.contains("5 things"));
    assert!(home.contains("width=\"800\" height=\"800\""));

    let list = text(format!("{}/products", shop.url)).await;
    assert!(list.contains("13 things, newest first.") && list.contains("Ball of string"));
    let collection = text(format!("{}/products?collection=Kitchen", shop.url)).await;
    assert!(collection.contains("Oak board") && !collection.contains("Ball of string"));

    let page = text(format!("{}/products/enamel-kettle", shop.url)).await;
    assert!(page.contains("<legend>Size</legend>") && page.contains("value=\"cream\""));
    assert!(page.contains("sold out") && page.contains("only 3 left"));
    assert!(page.contains("More from Kitchen") && page.contains("Band mug"));
    let sold_out = text(format!("{}/products/walking-flask", shop.url)).await;
    assert!(sold_out.contains("Sold out.") && !sold_out.contains("Buy now"));
}

#[tokio::test]
async fn a_variant_is_chosen_by_its_options() {
    let ids = ids();
    let mut goods = shop(&ids);
    goods.push(many(&ids, "shirt", "Shirt", &["sea", "coral"], 6));
    let shop = Shop::open(goods);
    let at = |query: &str| text(format!("{}/products/shirt?{query}", shop.url));
    let page = at("").await;
    assert!(page.contains("from ₹1,290") && page.contains("<circle") && page.contains("data-state=\"none\""));
    let chosen = at("option1=coral&option2=6&product=shirt&quantity=3").await;
    assert!(chosen.contains("₹1,490") && !chosen.contains("from ₹1,290") && chosen.contains("in stock"));
    assert!(chosen.contains("value=\"coral\" data-words=\"coral\" required checked"));
    let asks = shop.asked("product.get");
    at("option2=6&option1=coral").await;
    assert_eq!(shop.asked("product.get"), asks, "one page, however it is asked for");
    let gone = at("option1=sea&option2=6").await;
    assert!(gone.contains("disabled>Sold out") && !gone.contains("Buy now<"));
    for missing in ["option1=coral&option2=1", "option1=red&option2=1", "option1=sea", "variant=x"] {
        for path in ["/products/shirt?", "/checkout?product=shirt&quantity=1&"] {
            let answer = client().get(format!("{}{path}{missing}", shop.url)).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}{missing}");
        }
    }
    let checkout = format!("{}/checkout?product=shirt&option1=coral&option2=6&quantity=2", shop.url);
    let checkout = text(checkout).await;
    assert!(checkout.contains("Place order, ₹2,980") && checkout.contains("coral, 6"));
}

#[tokio::test]
async fn an_empty_shop_says_so() {
    let shop = Shop::open(Vec::new());
    for path in ["/", "/products"] {
        assert!(text(format!("{}{path}", shop.url)).await.contains("Nothing is for sale yet"), "{path}");
    }
}

#[tokio::test]
async fn a_small_shop_shows_all_it_has() {
    let ids = ids();
    let shop = Shop::open(vec![product(&ids, "cup", "A cup", "", &[(&[], 100, 1)])]);
    let home = text(format!("{}/", shop.url)).await;
    assert!(home.contains("A cup") && !home.contains("for sale yet"));
    assert!(home.contains("only 1 left") && home.contains("/assets/no-picture."));
}

#[tokio::test]
async fn the_front_page_shows_large_what_has_a_picture_and_can_be_bought() {
    let ids = ids();
    let mut products = shop(&ids);
    let both = &[(&[("Size", "S")][..], 390, 0), (&[("Size", "L")][..], 640, 3)];
    products.insert(0, pictured(product(&ids, "gone", "Gone by now", "", &[(&[], 100, 0)]), "pot"));
    products.insert(0, pictured(product(&ids, "half", "Half there", "", both), "pot"));
    products.insert(0, product(&ids, "plain", "Without a picture", "", &[(&[], 100, 9)]));
    let shop = Shop::open(products);
    let home = text(format!("{}/", shop.url)).await;
    let (hero, _) = home.split_once("id=\"picks\"").unwrap();
    assert!(hero.contains("Half there") && !hero.contains("no-picture") && !hero.contains("Gone by now"));
    assert_eq!(home.matches("fetchpriority=\"high\"").count(), 1);
    assert!(home.contains("₹640") && !home.contains("₹390"), "the price is that of what can be bought");
    assert!(!home.contains("href=\"/mailbox\""), "developers are not shoppers");
}

#[tokio::test]
async fn pages_are_asked_for_once_and_then_only_copied() {
    let shop = Shop::open(shop(&ids()));
    let get = |path: &str| client().get(format!("{}{path}", shop.url));
    for path in ["/", "/products", "/products?collection=Kitchen", "/products/enamel-kettle"] {
        let first = get(path).send().await.unwrap();
        assert_eq!(first.status(), StatusCode::OK, "{path}");
        let etag = first.headers()["etag"].clone();
        assert!(first.headers()["cache-tag"].to_str().unwrap().contains("product:product_"), "{path}");
        let asks = shop.world.lock().asked.values().sum::<usize>();
        let again = get(path).header("if-none-match", etag).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        let small = get(path).header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!(small.headers()["content-encoding"], "gzip", "{path}");
        let policy = small.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{path}");
        assert_eq!(shop.world.lock().asked.values().sum::<usize>(), asks, "{path}");
    }
    // Two each, whatever the number of products; the product's page asks for its neighbours.
    assert_eq!(shop.asked("product.list"), 4);
    assert_eq!(shop.asked("product.list_collections"), 3);
    assert_eq!(shop.asked("product.get"), 1);
}

#[tokio::test]
async fn events_purge_what_they_change() {
    let shop = Shop::open(shop(&ids()));
    let paths =
        ["/", "/products", "/products?collection=Kitchen", "/products/band-mug", "/products/oak-board"];
    let all = || async {
        let mut pages = Vec::new();
        for path in paths {
            pages.push(text(format!("{}{path}", shop.url)).await);
        }
        pages
    };
    assert!(all().await.iter().all(|page| page.contains("Band mug")));
    let renamed = {
        let mut world = shop.world.lock();
        let mug = world.products.iter_mut().find(|product| product.slug.as_str() == "band-mug").unwrap();
        mug.title = "Striped mug".parse().unwrap();
        mug.version += 1;
        mug.clone()
    };
    assert!(all().await.iter().all(|page| page.contains("Band mug")), "still the finished pages");
    shop.publish(&ProductChanged { product: renamed.clone() }).await;
    assert!(all().await.iter().all(|page| page.contains("Striped mug")));

    shop.world.lock().products.iter_mut().for_each(|product| product.variants[0].available = 1);
    assert!(!text(format!("{}/products/band-mug", shop.url)).await.contains("only 1 left"));
    shop.publish(&AvailabilityChanged { id: Id::from_uuid(renamed.id.uuid()), products: vec![renamed.id] })
        .await;
    assert!(all().await.iter().all(|page| page.contains("only 1 left")));

    // A new product appears in its collection, and below the products there.
    let new = product(&shop.ids, "new-pan", "Brand-new pan", "Kitchen", &[(&[], 700, 7)]);
    let new = pictured(new, "pot");
    shop.world.lock().products.insert(0, new.clone());
    shop.publish(&ProductChanged { product: new }).await;
    assert!(all().await.iter().all(|page| page.contains("Brand-new pan")));
}

#[tokio::test]
async fn lists_go_on_where_they_stopped() {
    let ids = ids();
    let products = (0..60).map(|number| {
        product(&ids, &format!("thing-{number}"), &format!("Thing {number}."), "Shelf & Co", &[(&[], 100, 9)])
    });
    let shop = Shop::open(products.collect());
    let mut path = "/products?collection=Shelf%20%26%20Co".to_owned();
    let mut seen = 0;
    for page in 0.. {
        let html = text(format!("{}{path}", shop.url)).await;
        seen += (0..60).filter(|number| html.contains(&format!("Thing {number}."))).count();
        assert_eq!(html.contains("Back to the start"), page > 0);
        let (first, last) = (page * 24 + 1, (page * 24 + 24).min(60));
        assert!(html.contains(&format!("{first}–{last} of 60")), "{first}");
        let Some((_, rest)) = html.split_once("class=\"button button-quiet\" href=\"") else { break };
        path = rest.split_once('"').unwrap().0.replace("&amp;", "&");
    }
    assert_eq!(seen, 60);
    let last = shop.world.lock().products[24].id;
    let [far, odd] = [9999, 26].map(|from| format!("/products?cursor={last}&from={from}"));
    for wrong in ["/products?cursor=nonsense", "/products?collection=Nowhere", &far, &odd] {
        let answer = client().get(format!("{}{wrong}", shop.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{wrong}");
    }
}

#[tokio::test]
async fn neighbours_take_turns() {
    let ids = ids();
    let thing = |number| {
        product(&ids, &format!("thing-{number}"), &format!("Thing {number}."), "Desk", &[(&[], 100, 9)])
    };
    let shop = Shop::open((0..7).map(thing).collect());
    for (number, others) in [(0, [1, 2, 3, 4]), (5, [6, 0, 1, 2]), (6, [0, 1, 2, 3])] {
        let page = text(format!("{}/products/thing-{number}", shop.url)).await;
        let (_, more) = page.split_once("id=\"more\"").unwrap();
        let places = others.map(|other| more.find(&format!("Thing {other}.")).unwrap());
        assert!(places.is_sorted() && !more.contains(&format!("Thing {number}.")), "{number}");
        assert_eq!(
            more.matches("class=\"card").count() - more.matches("class=\"card-").count(),
            4,
            "{number}"
        );
    }
}

#[tokio::test]
async fn hostile_names_are_only_text() {
    let ids = ids();
    let title = "<script>alert(1)</script> & \"مصباح\" \u{200f}kettle 🫖 {{ 12345 * 3 }}";
    let mut hostile = product(
        &ids,
        "hostile",
        title,
        "<b>Shelf</b>",
        &[(&[("<i>Size", "\"><img src=x onerror=alert(1)>")], 100, 3), (&[("<i>Size", "'large'")], 100, 3)],
    );
    hostile.description = "</main><script>alert(2)</script> `<code>`".into();
    let shop = Shop::open(vec![hostile]);
    for path in ["/", "/products", "/products?collection=%3Cb%3EShelf%3C%2Fb%3E", "/products/hostile"] {
        let html = text(format!("{}{path}", shop.url)).await;
        assert!(
            html.contains("&lt;script&gt;alert(1)") && html.contains("🫖") && html.contains("مصباح"),
            "{path}"
        );
        for bad in ["<script>alert", "<b>Shelf", "<img src=x", "<i>Size", "37035"] {
            assert!(!html.contains(bad), "{path} holds {bad}");
        }
    }
}

#[tokio::test]
async fn what_does_not_exist_gets_a_friendly_page() {
    let ids = ids();
    let mut draft = product(&ids, "secret", "OrderSecret", "Desk", &[(&[], 100, 3)]);
    draft.status = ProductStatus::Draft;
    let visible = product(&ids, "cup", "A cup", "Desk", &[(&[], 100, 3)]);
    let id = visible.id;
    let shop = Shop::open(vec![draft, visible]);
    for path in [
        "/products/secret",
        "/products/none",
        "/products/N%00NE",
        "/nothing/here",
        "/assets/none.css",
        "/favicon.ico",
    ] {
        let answer = client().get(format!("{}{path}", shop.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8", "{path}");
        assert!(answer.headers().contains_key("content-security-policy"), "{path}");
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let html = answer.text().await.unwrap();
        assert!(html.contains("There is nothing at this address") && html.contains(&id), "{path}");
    }
    let answer = client().post(format!("{}/products", shop.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()["allow"], "GET,HEAD");
    assert!(answer.text().await.unwrap().contains("That does not work here"));
    let answer = client().get(format!("{}/products/{id}", shop.url)).send().await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["location"]),
        (StatusCode::PERMANENT_REDIRECT, &"/products/cup".parse().unwrap())
    );
}

#[tokio::test]
async fn a_failing_service_shows_an_error_page_and_is_asked_again() {
    let shop = Shop::open(shop(&ids()));
    shop.world.lock().down = vec!["product"];
    let answer = client().get(format!("{}/products", shop.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "1");
    assert!(answer.text().await.unwrap().contains("away for a moment"));
    shop.world.lock().down.clear();
    assert!(text(format!("{}/products", shop.url)).await.contains("Oak board"));
    // Without orders, everything can still be looked at.
    shop.world.lock().down = vec!["order"];
    assert!(text(format!("{}/products/oak-board", shop.url)).await.contains("Buy now"));
}

#[tokio::test]
async fn the_theme_and_the_api_page_are_served() {
    let shop = Shop::open(shop(&ids()));
    let home = text(format!("{}/", shop.url)).await;
    let (_, rest) = home.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let css = client().get(format!("{}{}", shop.url, rest.split_once('"').unwrap().0)).send().await.unwrap();
    assert_eq!(css.headers()["content-type"], "text/css; charset=utf-8");
    assert!(css.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    let docs = text(format!("{}/api/docs", shop.url)).await;
    assert!(docs.contains("/api/openapi.json") && docs.contains("/api/v1/"));
    // Its commands name what the shop sells.
    let variant = shop.world.lock().products[0].variants[0].id;
    assert!(docs.contains(&format!("&quot;variant_id&quot;: &quot;{variant}&quot;")), "{docs}");
}
