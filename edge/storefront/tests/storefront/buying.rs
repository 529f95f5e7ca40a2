//! From the buy form to the placed order, over real sockets.

use cache::Counters;
use message::{Clock, Example as _, IdSource};
use payment_contract::PaymentProvider;
use reqwest::StatusCode;
use shop_contract::ShopSettings;
use web::{client::TrustedProxies, limit::RateLimit};

use crate::{
    form::{encode, form, hidden, open, placed, post, variant, with},
    stand_in::{Shop, client, goods},
};

#[tokio::test]
async fn a_visitor_buys() {
    let shop = open();
    let (path, _) = placed(&shop).await;
    let page = client().get(format!("{}{path}", shop.url)).send().await.unwrap();
    assert_eq!(page.headers()["cache-control"], "no-store");
    assert_eq!(page.headers()["referrer-policy"], "no-referrer");
    let html = page.text().await.unwrap();
    for words in
        ["Order 1000", "Waiting for the payment", "Band mug", "2 × ₹480", "₹960", "GST 18 %", "Kochi 682001"]
    {
        assert!(html.contains(words), "{words}");
    }
    assert!(html.contains("Meera &lt;Iyer&gt; &amp; sons") && html.contains("http-equiv=\"refresh\""));
    assert_eq!(shop.world.lock().orders.len(), 1);
}

#[tokio::test]
async fn the_summary_is_what_the_order_will_cost() {
    let shop = open();
    let variant = variant(&shop, "enamel-kettle", 0);
    let url =
        |quantity: &str| format!("{}/checkout?product=enamel-kettle&variant={variant}{quantity}", shop.url);
    let html = client().get(url("&quantity=3")).send().await.unwrap().text().await.unwrap();
    for words in
        ["Back to Enamel kettle", "1.2 litres, sea", "3 × ₹2,360", "Place order, ₹7,080", "/media/kettle.svg"]
    {
        assert!(html.contains(words), "{words}");
    }
    let html = client().get(url("")).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("Place order, ₹2,360"));
    for (quantity, status, words) in [
        ("&quantity=0", 422, "How many would you like?"),
        ("&quantity=1.5", 422, "How many would you like?"),
        ("&quantity=-1", 422, "How many would you like?"),
        ("&quantity=1e9", 422, "How many would you like?"),
        ("&quantity=41", 409, "Only 40 are left"),
    ] {
        let answer = client().get(url(quantity)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{quantity}");
        let html = answer.text().await.unwrap();
        assert!(html.contains(words) && html.contains("/products/enamel-kettle"), "{quantity}");
    }
    for (variant, status, words) in [
        ("nonsense".to_owned(), 404, "Nothing is chosen yet"),
        (shop.ids.id::<product_contract::Variant>().to_string(), 404, "This is no longer sold"),
        (self::variant(&shop, "walking-flask", 0), 409, "Sold out"),
    ] {
        let answer = client().get(format!("{}/checkout?variant={variant}", shop.url)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        assert!(answer.text().await.unwrap().contains(words), "{words}");
    }
}

#[tokio::test]
async fn every_wrong_field_has_its_message() {
    let shop = open();
    let fields = form(&shop, "band-mug", 1).await;
    let long = "x".repeat(201);
    for (name, text, words) in [
        ("email", "", "Add your e-mail address."),
        ("email", "meera.example.in", "This is not an e-mail address."),
        ("name", "   ", "Add the name that the parcel goes to."),
        ("name", long.as_str(), "Write 1 to 200 characters on one line, not 201."),
        ("name", "\u{2800}", "Write at least one visible character."),
        ("email", "mailto:meera@example.in", "Write the address alone, without mailto:."),
        ("email", "a@*.org", "This is not an e-mail address."),
        ("line1", "", "Add the street and the number."),
        ("line2", long.as_str(), "Write 1 to 200 characters on one line, not 201."),
        ("city", "", "Add the city."),
        ("city", "Ko\u{7}chi", "Write no control characters."),
        ("postal_code", "", "Add the postal code."),
        ("postal_code", "68200", "Write a postal code of India, such as 682001."),
        ("region", "Atlantis", "Write a region of India, such as "),
        ("phone", "call me", "Write a telephone number such as "),
        ("country", "XX", "Choose a country from the list."),
        ("payment", "test/tok_free", "Choose how to pay."),
        ("country", "DE", "Choose a country from the list."),
    ] {
        let answer = post(&shop, &with(&fields, name, text)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        let html = answer.text().await.unwrap();
        assert!(html.contains("One thing to correct") && html.contains(words), "{name}: {words}");
        assert!(html.contains(&format!("id=\"{name}-error\"")), "{name}");
        assert_eq!(hidden(&html, "key"), fields[0].1);
        assert!(html.contains("value=\"14 Harbour Road\"") || name == "line1");
    }
    let broken = with(&with(&with(&fields, "email", "<script>@"), "city", ""), "payment", "");
    let html = post(&shop, &broken).await.text().await.unwrap();
    assert!(html.contains("A few things to correct") && html.contains("value=\"&lt;script&gt;@\""));
    let html = post(&shop, &with(&fields, "key", "")).await.text().await.unwrap();
    assert!(html.contains("had lost its number") && hidden(&html, "key").len() > 32);
    assert_eq!(shop.asked("order.place"), 0);
    assert_eq!(shop.world.lock().orders.len(), 0);
}

#[tokio::test]
async fn bad_forms_change_nothing() {
    let shop = open();
    let fields = form(&shop, "band-mug", 1).await;
    let url = format!("{}/checkout", shop.url);
    let post = |body: String| {
        client().post(&url).header("content-type", "application/x-www-form-urlencoded").body(body)
    };
    for (quantity, status) in
        [("0", 422), ("-1", 422), ("1.5", 422), ("1000000000", 422), ("<b>", 422), ("31", 409)]
    {
        let answer = post(encode(&with(&fields, "quantity", quantity))).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{quantity}");
    }
    let cases = [
        (post(encode(&fields)).header("sec-fetch-site", "cross-site"), 403, "sent from another site"),
        (post(encode(&fields)).header("origin", "https://elsewhere.example"), 403, "sent from another site"),
        (post(encode(&fields)).header("origin", "null"), 403, "sent from another site"),
        (post("x".repeat(70_000)), 413, "That was more than fits"),
        (
            client().post(&url).header("content-type", "application/json").body("{}"),
            415,
            "could not read that",
        ),
        (post("email=a&email=b".into()), 422, "could not read that"),
        (post(String::new()), 404, "Nothing is chosen yet"),
    ];
    for (request, status, words) in cases {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{words}");
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        assert!(answer.text().await.unwrap().contains(words), "{words}");
    }
    assert_eq!(shop.world.lock().orders.len(), 0);
}

#[tokio::test]
async fn pressing_twice_orders_once() {
    let shop = open();
    let fields = form(&shop, "band-mug", 1).await;
    // The second press finds the first one under way.
    shop.world.lock().in_progress = 2;
    let (one, other) = tokio::join!(post(&shop, &fields), post(&shop, &fields));
    assert_eq!((one.status(), other.status()), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    assert_eq!(one.headers()["location"], other.headers()["location"]);
    assert_eq!(shop.world.lock().orders.len(), 1);

    // Back, another address, once more: that is another order, if it is meant.
    let answer = post(&shop, &with(&fields, "city", "Chennai")).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let html = answer.text().await.unwrap();
    assert!(html.contains("ordered with this form before") && html.contains("value=\"Chennai\""));
    assert_eq!(shop.world.lock().orders.len(), 1);
    let again = with(&with(&fields, "city", "Chennai"), "key", &hidden(&html, "key"));
    assert_eq!(post(&shop, &again).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(shop.world.lock().orders.len(), 2);
}

#[tokio::test]
async fn the_form_shows_what_is_left() {
    let shop = open();
    let fields = form(&shop, "oak-board", 4).await;
    let set = |left| {
        let mut world = shop.world.lock();
        let boards = world.products.iter_mut().filter(|product| product.slug.as_str() == "oak-board");
        boards.for_each(|board| board.variants[0].available = left);
    };
    set(1);
    let answer = post(&shop, &fields).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let html = answer.text().await.unwrap();
    assert!(html.contains("Only 1 is left. The quantity is now 1") && html.contains("Place order, ₹1,150"));
    assert!(html.contains("meera@example.in") && hidden(&html, "quantity") == "1");
    assert_ne!(hidden(&html, "key"), fields[0].1);
    set(0);
    let answer = post(&shop, &fields).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let html = answer.text().await.unwrap();
    assert!(html.contains("This is sold out.") && html.contains("value=\"Kochi\""));
    assert!(!html.contains("Place order"), "there is nothing to order");
    assert_eq!(shop.world.lock().orders.len(), 0);
}

#[tokio::test]
async fn what_was_typed_moves_to_another_variant() {
    let shop = open();
    let fields = form(&shop, "enamel-kettle", 2).await;
    let kettles = |change: &dyn Fn(&mut Vec<product_contract::Variant>)| {
        let mut world = shop.world.lock();
        let kettle = world.products.iter_mut().find(|product| product.slug.as_str() == "enamel-kettle");
        change(&mut kettle.unwrap().variants);
    };
    let (cream, large) = (variant(&shop, "enamel-kettle", 1), variant(&shop, "enamel-kettle", 2));
    kettles(&|variants| variants[0].available = 0);
    let sold_out = post(&shop, &fields).await.text().await.unwrap();
    kettles(&|variants| drop(variants.remove(0)));
    let answer = post(&shop, &fields).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let removed = answer.text().await.unwrap();
    assert!(sold_out.contains("sold out") && removed.contains("no longer sold"));
    for html in [sold_out, removed] {
        assert!(html.contains("value=\"Kochi\"") && html.contains("name=\"take\"") && html.contains(&cream));
        assert!(html.contains(">2 litres, sea") && !html.contains(">2 litres, cream"), "only what is there");
    }
    let mut taking = fields.clone();
    taking.push(("take", large.clone()));
    let answer = post(&shop, &taking).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let html = answer.text().await.unwrap();
    assert!(html.contains("Place order, ₹5,780") && html.contains("value=\"Kochi\""), "{html}");
    let again = with(&with(&fields, "variant", &hidden(&html, "variant")), "key", &hidden(&html, "key"));
    let again = with(&again, "expected_total", &hidden(&html, "expected_total"));
    assert_eq!(post(&shop, &again).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        shop.world.lock().orders.values().next().unwrap().order.lines[0].variant_id.to_string(),
        large
    );
}

#[tokio::test]
async fn a_failure_keeps_the_form_and_its_key() {
    let shop = open();
    let fields = form(&shop, "band-mug", 1).await;
    shop.world.lock().down = vec!["order"];
    let answer = post(&shop, &fields).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "1");
    let html = answer.text().await.unwrap();
    assert!(html.contains("nothing is ordered twice") && html.contains("value=\"Kochi\""));
    assert!(html.contains("The total is ₹480."));
    assert_eq!(hidden(&html, "key"), fields[0].1);
    let url = format!("{}/checkout?variant={}", shop.url, fields[3].1);
    let answer = client().get(url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().await.unwrap().contains("The checkout is away for a moment"));
    shop.world.lock().down.clear();
    shop.world.lock().in_progress = 99;
    let answer = post(&shop, &fields).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    shop.world.lock().in_progress = 0;
    assert_eq!(post(&shop, &fields).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_ways_to_pay_are_asked_once_and_shown_as_last_known() {
    let shop = open();
    shop.world.lock().down = vec!["payment"];
    let url = format!("{}/checkout?variant={}", shop.url, variant(&shop, "band-mug", 0));
    let page = || async { client().get(&url).send().await.unwrap().text().await.unwrap() };
    // Nobody has named them: the form can be filled in and is kept.
    let html = page().await;
    assert!(html.contains("The ways to pay cannot be shown just now") && html.contains("Place order"));
    assert_eq!(shop.asked("payment.providers"), 1);
    assert!(page().await.contains("cannot be shown just now"));
    assert_eq!(shop.asked("payment.providers"), 1, "a service that is away is not asked by every page");
    let html = post(&shop, &form(&shop, "band-mug", 1).await).await.text().await.unwrap();
    assert!(html.contains("Choose how to pay.") && html.contains("value=\"Kochi\""));

    let shop = open();
    assert!(page_of(&shop).await.contains("value=\"test/tok_ok\" required id=\"payment\" checked"));
    shop.world.lock().down = vec!["payment"];
    assert!(page_of(&shop).await.contains("A card that is declined"));
    assert_eq!(shop.asked("payment.providers"), 1);
}

#[tokio::test]
async fn a_visitor_buys_although_payment_has_been_away_since_the_start() {
    let shop = Shop::with(goods::shop(&IdSource::random(Clock::system())), "127.0.0.1:0", |settings| {
        settings.providers = vec![PaymentProvider::example()];
    });
    shop.world.lock().down = vec!["payment"];
    let fields = form(&shop, "band-mug", 1).await;
    assert!(fields.contains(&("payment", "test/tok_ok".to_owned())), "{fields:?}");
    assert_eq!(post(&shop, &fields).await.status(), StatusCode::SEE_OTHER);
}

async fn page_of(shop: &Shop) -> String {
    let url = format!("{}/checkout?variant={}", shop.url, variant(shop, "band-mug", 0));
    client().get(url).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_shop_without_wording_shows_nothing_of_the_demo() {
    let products = goods::shop(&IdSource::random(Clock::system()));
    let shop = Shop::with(products, "127.0.0.1:0", |settings| {
        let name = "Harbour & Sons".parse().unwrap();
        settings.shop.learn(ShopSettings { name, ..ShopSettings::default() });
    });
    let home = client().get(&shop.url).send().await.unwrap().text().await.unwrap();
    assert!(
        home.contains("<title>Harbour &amp; Sons</title>") && home.contains("<h1>Harbour &amp; Sons</h1>")
    );
    assert!(!home.contains("class=\"lede\"") && !home.contains("demonstration") && !home.contains("Lateen"));
    let checkout = page_of(&shop).await;
    assert!(checkout.contains("<option value=\"\" selected>Choose a country</option>"));
    assert!(checkout.contains("<option value=\"IS\">Iceland</option>") && checkout.contains("Tax 18 %"));
}

#[tokio::test]
async fn under_pressure_an_order_is_accepted_and_its_page_waits() {
    let shop = Shop::with(goods::shop(&IdSource::random(Clock::system())), "127.0.0.1:0", |settings| {
        settings.intake = order_contract::DeferralPolicy::UnderPressure;
    });
    let fields = form(&shop, "band-mug", 1).await;
    shop.world.lock().down = vec!["order"];
    let answer = post(&shop, &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let page = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(page.contains("token=accepted."), "{page}");
    for down in [vec!["order"], Vec::new()] {
        shop.world.lock().down = down;
        let waiting = client().get(format!("{}{page}", shop.url)).send().await.unwrap();
        assert_eq!(waiting.status(), StatusCode::ACCEPTED);
        assert_eq!(waiting.headers()["refresh"], "2");
        assert_eq!(waiting.headers()["referrer-policy"], "no-referrer");
        assert_eq!(waiting.headers()["cache-control"], "no-store");
        assert!(waiting.text().await.unwrap().contains("Your order is in line"));
    }
    let guess = page.replace("accepted.", "accepted.0");
    let answer = client().get(format!("{}{guess}", shop.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_orders_too_often_is_asked_to_wait() {
    let limit = RateLimit::per_minute("orders", 1, Counters::new(), TrustedProxies::loopback());
    let shop = Shop::with(goods::shop(&IdSource::random(Clock::system())), "127.0.0.1:0", |settings| {
        settings.orders = limit;
    });
    let placed = post(&shop, &form(&shop, "band-mug", 1).await).await;
    assert_eq!(placed.status(), 303);
    let fields = form(&shop, "oak-board", 1).await;
    let asks = shop.asked("order.quote");
    let refused = post(&shop, &fields).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after") && refused.headers().contains_key("ratelimit"));
    let page = refused.text().await.unwrap();
    assert!(page.contains("than we take in a minute") && page.contains("value=\"Kochi\""), "{page}");
    assert!(page.contains("Place order, ₹1,150") && hidden(&page, "key") == fields[0].1);
    assert_eq!(shop.asked("order.quote"), asks, "nothing is asked for those who ask too often");
}

#[tokio::test]
async fn every_page_is_compressed() {
    let shop = open();
    let (order, _) = placed(&shop).await;
    let checkout = format!("/checkout?variant={}", variant(&shop, "band-mug", 0));
    for path in
        ["/", "/products", "/products/band-mug", &checkout, &order, "/mailbox", "/nothing", "/api/docs"]
    {
        let page = client().get(format!("{}{path}", shop.url)).header("accept-encoding", "gzip").send().await;
        let page = page.unwrap();
        assert_eq!(page.headers()["content-encoding"], "gzip", "{path}");
        assert!(
            page.headers()["vary"].to_str().unwrap().to_lowercase().contains("accept-encoding"),
            "{path}"
        );
    }
}
