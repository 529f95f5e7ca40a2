//! Rows that are inserted and read by lists of columns, on both databases.
#![expect(clippy::unwrap_used, reason = "tests")]

use message::{Clock, Entity, Id, IdSource, Timestamp};
use proptest::{prelude::*, strategy::ValueTree as _};
use store::{Columns, Db, Json, Migration, Migrations, PoolSizes, columns, insert, json, query, record};
use testing::TestBackend;

message::words! {
    /// How a boat is moved.
    enum Rig {
        /// By one sail.
        Cat = "cat",
        /// By two masts.
        Ketch = "ketch",
    }
}

message::checked_text! {
    /// The name of a boat.
    struct Name {
        fits: |text| !text.is_empty(),
        expected: "a name",
        schema: {},
    }
}

const YARD: Migrations = &[Migration {
    name: "0001_boats",
    sqlite:
        "CREATE TABLE boat (id BLOB NOT NULL PRIMARY KEY, name TEXT NOT NULL, rig TEXT, crew TEXT NOT NULL,
                 masts INTEGER, is_afloat INTEGER NOT NULL, built_at INTEGER NOT NULL);
             CREATE TABLE berth (boat_id BLOB NOT NULL, name TEXT NOT NULL)",
    postgres:
        "CREATE TABLE boat (id uuid NOT NULL PRIMARY KEY, name text NOT NULL, rig text, crew text NOT NULL,
                   masts bigint, is_afloat boolean NOT NULL, built_at timestamptz NOT NULL);
               CREATE TABLE berth (boat_id uuid NOT NULL, name text NOT NULL)",
}];

#[derive(Debug, Clone, PartialEq, Eq)]
struct Boat {
    id: Id<Boat>,
    name: Name,
    rig: Option<Rig>,
    crew: Vec<String>,
    masts: Option<i64>,
}

impl Entity for Boat {
    const PREFIX: &'static str = "boat";
}

const BOAT: Columns<(Boat, bool, Timestamp)> =
    columns!(|id, name, rig, crew: Json<_>, masts, is_afloat, built_at| {
        (Boat { id, name, rig, crew: crew.0, masts }, is_afloat, built_at)
    });

async fn open(backend: &TestBackend) -> Db {
    let ids = IdSource::random(Clock::system());
    Db::open(&backend.store(), "yard", YARD, ids, PoolSizes::default()).await.unwrap()
}

fn id(number: u128) -> Id<Boat> {
    Id::from_uuid(uuid::Uuid::from_u128(number))
}

fn boats() -> impl Strategy<Value = Vec<Boat>> {
    let rig = prop::option::of(prop::sample::select(&Rig::ALL));
    let boat = ("\\PC{1,12}", rig, prop::collection::vec("\\PC{0,8}", 0..3), prop::option::of(any::<i64>()));
    prop::collection::vec(boat, 0..8).prop_map(|boats| {
        let boat = |(number, (name, rig, crew, masts)): (u128, (String, _, _, _))| Boat {
            id: id(number),
            name: name.parse().unwrap(),
            rig,
            crew,
            masts,
        };
        (1_u128..).zip(boats).map(boat).collect()
    })
}

#[testing::db_test]
async fn what_is_inserted_is_read_again(backend: TestBackend) {
    let db = open(&backend).await;
    let built_at = Timestamp::from_micros(1_767_323_045_000_006);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..20 {
        let boats = boats().new_tree(&mut runner).unwrap().current();
        let rows: Vec<_> = boats
            .iter()
            .map(|boat| {
                let crew = json(&boat.crew).unwrap();
                record! { id: boat.id, name: &boat.name, rig: boat.rig, crew: crew, masts: boat.masts }
            })
            .collect();
        let mut tx = db.begin().await.unwrap();
        let inserted =
            insert("boat", rows).with("is_afloat", true).with("built_at", built_at).execute(&mut tx).await;
        assert_eq!(inserted.unwrap(), boats.len() as u64);
        let read =
            BOAT.query("SELECT columns(b) FROM boat b ORDER BY b.id").fetch_all(&mut tx).await.unwrap();
        assert_eq!(read, boats.into_iter().map(|boat| (boat, true, built_at)).collect::<Vec<_>>());
        tx.rollback().await.unwrap();
    }
}

#[testing::db_test]
async fn a_clause_decides_about_conflicts_and_returns(backend: TestBackend) {
    let db = open(&backend).await;
    let mut tx = db.begin().await.unwrap();
    let [one, two] = [1, 2].map(id);
    let mut written = Vec::new();
    for ids in [vec![one], vec![one, two], vec![]] {
        let rows = ids.into_iter().map(|id| record! { id: id, name: "Vega", crew: "[]" });
        let new: Vec<Id<Boat>> = insert("boat", rows)
            .with("is_afloat", false)
            .with("built_at", Timestamp::from_micros(0))
            .with("rig", None::<Rig>)
            .then("ON CONFLICT (id) DO NOTHING RETURNING id")
            .fetch_all(&mut tx, |row| row.get("id"))
            .await
            .unwrap();
        written.push(new);
    }
    assert_eq!(written, [vec![one], vec![two], vec![]]);
}

#[testing::db_test]
async fn a_list_may_name_columns_of_another_table(backend: TestBackend) {
    const BERTH: Columns<(String, Name)> = columns!(|name: String, rig in boat: Option<Rig>, crew in boat: String| {
        (format!("{name} {crew}"), rig.map_or("none", Rig::as_str).parse().unwrap())
    });
    let db = open(&backend).await;
    let mut tx = db.begin().await.unwrap();
    let id = id(1);
    let boat = record! { id: id, name: "Vega", crew: "[]", rig: Rig::Ketch, is_afloat: true, built_at: Timestamp::from_micros(0) };
    insert("boat", [boat]).execute(&mut tx).await.unwrap();
    insert("berth", [record! { boat_id: id, name: "A 7" }]).execute(&mut tx).await.unwrap();
    let sql = "SELECT columns(b) FROM rows(id uuid) AS r JOIN berth b ON b.boat_id = r.id JOIN boat ON boat.id = r.id";
    let berth = BERTH.query(sql).rows([(id,)]).fetch_optional(&mut tx).await.unwrap();
    assert_eq!(berth, Some(("A 7 []".to_owned(), "ketch".parse().unwrap())));
}

#[testing::db_test]
async fn a_value_that_cannot_be_is_a_fault_that_names_its_column(backend: TestBackend) {
    let db = open(&backend).await;
    let mut tx = db.begin().await.unwrap();
    let boat = record! { id: id(1), name: "Vega", crew: "[]", rig: "brig", is_afloat: true, built_at: Timestamp::from_micros(0) };
    insert("boat", [boat]).execute(&mut tx).await.unwrap();
    let read = query("SELECT rig FROM boat").fetch_one(&mut tx, |row| row.get::<Rig>("rig")).await;
    assert!(read.unwrap_err().to_string().contains("column rig: expected one of cat, ketch"));
}

/// SQLite chooses a join's order without looking at the data: where a constant stands beside the bound rows, it reads the
/// table first and the rows again for each of its rows.
#[tokio::test]
async fn a_statement_that_reads_its_rows_again_and_again_is_refused_in_debug_builds() {
    let backend = TestBackend::sqlite();
    let db = open(&backend).await;
    let wanted = || [(id(1).uuid(),)];
    let mut tx = db.begin().await.unwrap();
    query("CREATE TABLE visit (port TEXT NOT NULL, boat_id BLOB NOT NULL, PRIMARY KEY (port, boat_id)) WITHOUT ROWID")
        .execute(&mut tx)
        .await
        .unwrap();
    let by_table = query("DELETE FROM visit WHERE port = $1 AND EXISTS (SELECT 1 FROM rows(id uuid) AS r WHERE r.id = visit.boat_id)")
        .bind("Kochi")
        .rows(wanted())
        .execute(&mut tx)
        .await;
    assert!(by_table.unwrap_err().to_string().contains("once for each row"));
    let by_join = query(
        "UPDATE visit SET port = port FROM rows(id uuid) AS r WHERE visit.port = $1 AND visit.boat_id = r.id",
    )
    .bind("Kochi")
    .rows(wanted())
    .execute(&mut tx)
    .await;
    assert!(by_join.unwrap_err().to_string().contains("once for each row"));
    query("DELETE FROM visit WHERE port = $1 AND boat_id IN (SELECT r.id FROM rows(id uuid) AS r)")
        .bind("Kochi")
        .rows(wanted())
        .execute(&mut tx)
        .await
        .unwrap();
}
