//! Who may depend on whom. `message <- contract <- service <- apps`, and the rest of the map.

use super::Problem;
use super::house::{Dependency, House, Member, Role};

/// Crates that only one room of the house may name, so that it can be replaced by changing that room.
const GUARDED: [Guard; 5] = [
    Guard {
        crates: &["sqlx", "rusqlite", "tokio-postgres", "diesel", "sea-orm"],
        owner: "kernel/store",
        why: "SQL reaches the database through one facade, so that every query runs on both databases",
        mend: "use `store::{Db, Tx, Query}`",
    },
    Guard {
        crates: &["lapin", "amqprs"],
        owner: "adapters/rabbitmq",
        why: "what travels over RabbitMQ must travel in process too",
        mend: "use `bus::Transport`",
    },
    Guard {
        crates: &["aws-sdk-sqs", "aws-config", "aws-smithy-http-client", "rusoto_sqs"],
        owner: "adapters/sqs",
        why: "what travels over SQS must travel in process too, and who does not want it does not compile it",
        mend: "use `bus::Transport`, or the feature `sqs` of the app",
    },
    Guard {
        crates: &["redis", "fred", "rustis"],
        owner: "adapters/redis",
        why: "what is shared through Redis must also work without it",
        mend: "use `cache`",
    },
    Guard {
        crates: &["utoipa", "utoipa-gen", "okapi"],
        owner: NOBODY,
        why: "a type is described once: the API's document is made from the schemas of the contracts",
        mend: "derive `schemars::JsonSchema` for the contract's type",
    },
];

/// Owns crates that no crate of the workspace may depend on.
const NOBODY: &str = "";

struct Guard {
    crates: &'static [&'static str],
    owner: &'static str,
    why: &'static str,
    mend: &'static str,
}

/// Checks every arrow.
pub(super) fn check(house: &House) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in &house.members {
        problems.extend(misplaced(member));
        for dependency in &member.dependencies {
            let wrong = match house.member(&dependency.name).filter(|_| dependency.ours) {
                Some(target) => wrong_arrow(member, target, dependency),
                None => wrong_guest(member, dependency),
            };
            problems.extend(wrong);
        }
    }
    problems
}

fn misplaced(member: &Member) -> Option<Problem> {
    if member.role == Role::Stranger {
        return Some(Problem {
            what: format!("the crate `{}` lies where the map has no room", member.name),
            place: member.folder.clone(),
            why: "the folder says what a crate is and whom it may know",
            mend: "move it into one of kernel/, adapters/, services/, edge/, demo/, apps/".to_owned(),
        });
    }
    let name = member.role.crate_name().filter(|name| *name != member.name)?;
    Some(Problem {
        what: format!("the crate is called `{}`", member.name),
        place: member.manifest(),
        why: "who reads the name of a crate knows its folder",
        mend: format!("call it `{name}`"),
    })
}

fn wrong_guest(member: &Member, dependency: &Dependency) -> Option<Problem> {
    let guard = GUARDED.iter().find(|guard| guard.crates.contains(&dependency.name.as_str()))?;
    // The benchmarks measure the bare database, to hold the engine against it.
    if member.folder == guard.owner || member.role == Role::Tool("bench".to_owned()) {
        return None;
    }
    let what = match guard.owner {
        NOBODY => format!("no crate may depend on `{}`", dependency.name),
        owner => format!("only `{owner}` may depend on `{}`", dependency.name),
    };
    Some(Problem { what, place: member.manifest(), why: guard.why, mend: guard.mend.to_owned() })
}

fn wrong_arrow(from: &Member, to: &Member, dependency: &Dependency) -> Option<Problem> {
    if from.role == Role::Stranger || may(&from.role, &to.role, dependency.dev) {
        return None;
    }
    let (why, mend) = explain(from, to);
    Some(Problem {
        what: format!("`{}` may not depend on `{}`", from.name, to.name),
        place: from.manifest(),
        why,
        mend,
    })
}

/// The arrows of the map.
fn may(from: &Role, to: &Role, dev: bool) -> bool {
    let kernel = |names: &[&str]| matches!(to, Role::Kernel(name) if names.contains(&name.as_str()));
    let message = *to == Role::Message;
    let contract = matches!(to, Role::Contract(_));
    match from {
        // Tests may use the testing kit, except where it would stand on itself.
        Role::Kernel(_)
        | Role::Adapter(_)
        | Role::Contract(_)
        | Role::Service(_)
        | Role::EdgeCommon
        | Role::Edge
        | Role::Demo
        | Role::App
            if dev && *to == Role::Testing =>
        {
            true
        }
        Role::Message | Role::Stranger => false,
        Role::Kernel(name) => match name.as_str() {
            // The router opens the transaction of a reaction.
            "bus" => message || kernel(&["store"]),
            // Pages ask the bus and are kept in the cache, on every edge in the same way.
            "web" => message || kernel(&["bus", "cache"]),
            _ => message,
        },
        Role::Testing => message || *to == Role::Testing || matches!(to, Role::Kernel(_)),
        // The tests of a transport run services, which have databases.
        Role::Adapter(_) => message || kernel(&["bus", "cache"]) || (dev && kernel(&["store"])),
        Role::Contract(_) => message || contract,
        Role::Service(_) => message || contract || matches!(to, Role::Kernel(_)),
        Role::EdgeCommon => message || contract || kernel(&["bus", "cache", "web"]),
        Role::Edge => message || contract || *to == Role::EdgeCommon || kernel(&["bus", "cache", "web"]),
        // It reaches the services over the bus, as any client does.
        Role::Demo => message || contract || kernel(&["bus"]),
        Role::App => !matches!(to, Role::App | Role::Tool(_) | Role::Testing | Role::Stranger),
        Role::Tool(_) => !matches!(to, Role::App | Role::Tool(_) | Role::Stranger),
    }
}

fn explain(from: &Member, to: &Member) -> (&'static str, String) {
    match (&from.role, &to.role) {
        (Role::Service(_) | Role::EdgeCommon | Role::Edge | Role::Demo, Role::Service(name)) => (
            "a service is known by its contract alone, so that each can run, change and fail on its own",
            format!("depend on `{name}-contract` and ask over the bus"),
        ),
        (Role::Contract(_), _) => (
            "a contract is read by everybody who asks the service, and brings them nothing else",
            "keep to `message` and other contracts; move the rest into the service".to_owned(),
        ),
        (
            Role::Message | Role::Kernel(_) | Role::Testing | Role::Adapter(_),
            Role::Service(_) | Role::Contract(_),
        ) => ("the kernel knows no shop", "hand it in from the service or from the app".to_owned()),
        (_, Role::Testing) => {
            ("the testing kit is for tests", "move it to [dev-dependencies], or do without".to_owned())
        }
        (Role::Message | Role::Kernel(_), _) => (
            "the crates of the kernel stand beside each other, on `message`",
            "hand it in as a value or a trait, or put the two together in the app".to_owned(),
        ),
        (Role::EdgeCommon | Role::Edge, _) => (
            "an edge asks services over the bus; it has no database and no process of its own",
            "ask over the bus, or let the app hand it in".to_owned(),
        ),
        _ => ("the map has no such arrow", "see the arrows in ARCHITECTURE.md".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUESTS: [&str; 8] = ["sqlx", "lapin", "fred", "aws-sdk-sqs", "utoipa", "syn", "serde", "clap"];

    /// A house of (folder, dependencies); a dependency that begins with `dev:` is one for tests.
    fn house(members: &[(&str, &[&str])]) -> House {
        let members = members.iter().map(|(folder, dependencies)| {
            let role = Role::of(folder);
            let last = folder.rsplit('/').next().unwrap_or(folder);
            Member {
                name: role.crate_name().unwrap_or_else(|| last.to_owned()),
                folder: (*folder).to_owned(),
                role,
                dependencies: dependencies
                    .iter()
                    .map(|name| {
                        let (dev, name) = (name.starts_with("dev:"), name.trim_start_matches("dev:"));
                        Dependency { name: name.to_owned(), dev, ours: !GUESTS.contains(&name) }
                    })
                    .collect(),
            }
        });
        House::new(members.collect())
    }

    /// The sentences for a house with these members beside the usual ones.
    fn told(folder: &str, dependencies: &[&str]) -> Vec<String> {
        let mut members: Vec<(&str, &[&str])> = vec![
            ("kernel/message", &[]),
            ("kernel/bus", &["message", "store"]),
            ("kernel/store", &["message", "sqlx"]),
            ("kernel/cache", &["message"]),
            ("kernel/runtime", &["message"]),
            ("kernel/web", &["message", "bus", "cache"]),
            ("kernel/testing", &["message", "bus", "store", "macros"]),
            ("kernel/testing/macros", &["syn"]),
            ("adapters/rabbitmq", &["bus", "lapin"]),
            ("adapters/redis", &["cache", "fred"]),
            ("adapters/sqs", &["bus", "aws-sdk-sqs"]),
            ("services/order/contract", &["message", "product-contract"]),
            (
                "services/order",
                &["message", "bus", "store", "order-contract", "product-contract", "dev:testing"],
            ),
            ("services/product/contract", &["message"]),
            ("services/product", &["message", "bus", "store", "product-contract"]),
            ("edge/common", &["message", "bus", "cache", "web", "order-contract"]),
            (
                "edge/gateway",
                &["message", "bus", "cache", "web", "edge-common", "order-contract", "dev:testing"],
            ),
            ("demo", &["message", "bus", "order-contract", "product-contract"]),
            (
                "apps/caravel",
                &["runtime", "gateway", "demo", "order", "product", "rabbitmq", "redis", "order-contract"],
            ),
            ("bench", &["sqlx", "message"]),
            ("xtask", &["clap"]),
        ];
        members.retain(|(usual, _)| *usual != folder);
        members.push((folder, dependencies));
        check(&house(&members)).iter().map(|problem| format!("{}: {}", problem.place, problem.what)).collect()
    }

    #[test]
    fn the_map_itself_is_in_order() {
        assert_eq!(told("xtask", &["clap"]), Vec::<String>::new());
    }

    #[test]
    fn a_service_knows_others_by_their_contracts_only() {
        let problem = "services/product/Cargo.toml: `product` may not depend on `order`";
        assert_eq!(told("services/product", &["order"]), [problem]);
        assert_eq!(told("services/product", &["dev:order"]), [problem], "not in its tests either");
        assert!(told("services/product", &["order-contract"]).is_empty());
    }

    #[test]
    fn a_contract_stands_on_message_and_contracts() {
        assert!(told("services/product/contract", &["message", "order-contract", "serde"]).is_empty());
        assert_eq!(
            told("services/product/contract", &["store", "order"]),
            [
                "services/product/contract/Cargo.toml: `product-contract` may not depend on `store`",
                "services/product/contract/Cargo.toml: `product-contract` may not depend on `order`"
            ]
        );
    }

    #[test]
    fn the_kernel_knows_no_shop_and_little_of_itself() {
        for (folder, wrong) in [
            ("kernel/message", "cache"),
            ("kernel/store", "bus"),
            ("kernel/runtime", "store"),
            ("kernel/cache", "product-contract"),
            ("kernel/bus", "product"),
            ("kernel/testing", "product"),
            ("kernel/web", "store"),
            ("adapters/redis", "store"),
        ] {
            let name = folder.rsplit('/').next().unwrap();
            let others: &[&str] = if folder == "kernel/store" { &["sqlx"] } else { &[] };
            let dependencies: Vec<&str> = others.iter().copied().chain([wrong]).collect();
            let expected = format!("{folder}/Cargo.toml: `{name}` may not depend on `{wrong}`");
            assert_eq!(told(folder, &dependencies), [expected]);
        }
        assert!(told("kernel/store", &["message", "dev:testing"]).is_empty());
        assert!(told("adapters/rabbitmq", &["bus", "lapin", "dev:store"]).is_empty(), "in its tests");
    }

    #[test]
    fn an_edge_has_no_database() {
        assert_eq!(
            told("edge/gateway", &["store", "order", "runtime"]),
            [
                "edge/gateway/Cargo.toml: `gateway` may not depend on `store`",
                "edge/gateway/Cargo.toml: `gateway` may not depend on `order`",
                "edge/gateway/Cargo.toml: `gateway` may not depend on `runtime`"
            ]
        );
    }

    #[test]
    fn edges_share_what_knows_no_edge() {
        assert!(told("edge/storefront", &["edge-common", "web"]).is_empty());
        assert_eq!(
            told("edge/common", &["gateway", "order", "store"]),
            [
                "edge/common/Cargo.toml: `edge-common` may not depend on `gateway`",
                "edge/common/Cargo.toml: `edge-common` may not depend on `order`",
                "edge/common/Cargo.toml: `edge-common` may not depend on `store`"
            ]
        );
    }

    #[test]
    fn the_demo_reaches_services_over_the_bus() {
        assert_eq!(
            told("demo", &["product", "web"]),
            [
                "demo/Cargo.toml: `demo` may not depend on `product`",
                "demo/Cargo.toml: `demo` may not depend on `web`"
            ]
        );
        assert_eq!(
            told("services/order", &["demo"]),
            ["services/order/Cargo.toml: `order` may not depend on `demo`"]
        );
    }

    #[test]
    fn the_testing_kit_is_for_tests() {
        assert_eq!(
            told("services/order", &["testing"]),
            ["services/order/Cargo.toml: `order` may not depend on `testing`"]
        );
        assert!(told("apps/caravel", &["dev:testing"]).is_empty());
    }

    #[test]
    fn guarded_crates_stay_in_their_room() {
        assert_eq!(
            told("services/order", &["sqlx", "dev:lapin", "fred", "aws-sdk-sqs"]),
            [
                "services/order/Cargo.toml: only `kernel/store` may depend on `sqlx`",
                "services/order/Cargo.toml: only `adapters/rabbitmq` may depend on `lapin`",
                "services/order/Cargo.toml: only `adapters/redis` may depend on `fred`",
                "services/order/Cargo.toml: only `adapters/sqs` may depend on `aws-sdk-sqs`"
            ]
        );
    }

    #[test]
    fn a_type_is_described_by_its_contract_only() {
        assert_eq!(
            told("edge/gateway", &["utoipa"]),
            ["edge/gateway/Cargo.toml: no crate may depend on `utoipa`"]
        );
    }

    #[test]
    fn a_crate_has_a_place_and_its_name() {
        assert_eq!(told("utils", &["order"]), ["utils: the crate `utils` lies where the map has no room"]);
        let mut house = house(&[("services/order", &[])]);
        for member in &mut house.members {
            member.name = "orders".to_owned();
        }
        let problem = check(&house).pop().unwrap();
        assert_eq!(
            problem.to_string(),
            "services/order/Cargo.toml: the crate is called `orders`
    why: who reads the name of a crate knows its folder
    do:  call it `order`"
        );
    }
}
