//! The program is killed repeatedly.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use testing::TestBackend;
use tokio::time::sleep;

use super::sale::Sale;
use crate::shop::Setup;

/// At least fifty together; a start on PostgreSQL takes longer.
const KILLS_ON_SQLITE: u32 = 36;
const KILLS_ON_POSTGRES: u32 = 20;

#[test]
fn sqlite() {
    testing::run(TestBackend::sqlite(), |backend| killed_again_and_again(backend, KILLS_ON_SQLITE));
}

#[test]
fn postgres() {
    testing::run(TestBackend::postgres(), |backend| killed_again_and_again(backend, KILLS_ON_POSTGRES));
}

async fn killed_again_and_again(backend: TestBackend, kills: u32) {
    let setup = Setup::new(&backend)
        .with("CARAVEL_PAYMENT_ANSWER_WITHIN_MS", "500")
        .with("CARAVEL_LOG_FILTER", "warn");
    let mut shop = setup.start().await;
    let sale = Sale::open(&shop).await;
    let mut random = SmallRng::seed_from_u64(u64::from(kills));
    for kill in 0..kills {
        // Mostly during its work; sometimes in the middle of its start.
        if kill % 6 == 5 {
            sleep(Duration::from_millis(random.random_range(0..400))).await;
        } else {
            shop.wait_until_ready().await;
            sleep(Duration::from_millis(random.random_range(50..1500))).await;
        }
        shop.kill();
        shop.spawn_again();
    }
    shop.wait_until_ready().await;
    assert!(sale.placed() > 20 * kills as usize, "there was too little load to tell anything");
    sale.close(&shop, &backend).await;
    assert!(shop.stop().await.success());
    let letters = shop.setup().run(&["dead-letters", "list"]);
    assert!(String::from_utf8_lossy(&letters.stdout).contains("No dead letters."), "{letters:?}");
}
