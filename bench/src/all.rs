//! `bench all`: everything that has a floor, in one run.

use std::{io, time::Duration};

use crate::{
    cli::{AllArgs, FleetArgs, JourneyArgs, PlaceArgs, ReadArgs},
    fleet, journey, place, read, start,
    table::{Floor, Table},
};

/// Measures and prints; returns all floors.
pub fn bench(args: &AllArgs) -> io::Result<Vec<Floor>> {
    let shop = args.shop.clone();
    let mut floors = start::bench(shop.binary.as_deref())?;
    floors.extend(read::bench(&ReadArgs {
        binary: shop.binary.clone(),
        url: None,
        connections: 32,
        rounds: 5,
        duration: Duration::from_secs(3),
    })?);
    floors.extend(place::bench(&PlaceArgs {
        shop: shop.clone(),
        rounds: 3,
        duration: Duration::from_secs(5),
    })?);
    floors.extend(fleet::bench(&FleetArgs {
        binary: shop.binary.clone(),
        connections: shop.connections,
        reactions: false,
        rounds: 3,
        duration: Duration::from_secs(5),
    })?);
    floors.extend(journey::bench(&JourneyArgs {
        shop,
        rate: None,
        search: true,
        duration: Duration::from_mins(1),
    })?);

    print!("{}", Table::of_floors("Everything against its floors", &floors));
    Ok(floors)
}
