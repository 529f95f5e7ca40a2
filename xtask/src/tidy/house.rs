//! The workspace as its map sees it: crates with their role and their arrows.

use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata};

/// What a crate is, told by the folder that it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// `kernel/message`, on which everything stands.
    Message,
    /// Any other crate of the kernel, by its folder's name.
    Kernel(String),
    /// `kernel/testing` and what it is made of.
    Testing,
    /// `adapters/…`
    Adapter(String),
    /// `services/NAME/contract`
    Contract(String),
    /// `services/NAME`
    Service(String),
    /// `edge/common`, which the other edges share.
    EdgeCommon,
    /// `edge/…`
    Edge,
    /// `demo`, the sample shop.
    Demo,
    /// `apps/…`, where everything is put together.
    App,
    /// `bench` and `xtask`, which nobody depends on.
    Tool(String),
    /// A folder that the map does not know.
    Stranger,
}

impl Role {
    pub(super) fn of(folder: &str) -> Self {
        let parts: Vec<&str> = folder.split('/').collect();
        match parts.as_slice() {
            ["kernel", "message"] => Self::Message,
            ["kernel", "testing", ..] => Self::Testing,
            ["kernel", name] => Self::Kernel((*name).to_owned()),
            ["adapters", name] => Self::Adapter((*name).to_owned()),
            ["services", name] => Self::Service((*name).to_owned()),
            ["services", name, "contract"] => Self::Contract((*name).to_owned()),
            ["edge", "common"] => Self::EdgeCommon,
            ["edge", _] => Self::Edge,
            ["demo"] => Self::Demo,
            ["apps", _] => Self::App,
            [name @ ("bench" | "xtask")] => Self::Tool((*name).to_owned()),
            _ => Self::Stranger,
        }
    }

    /// The name that a crate of this role must have, if its folder decides it.
    pub(super) fn crate_name(&self) -> Option<String> {
        match self {
            Self::Message => Some("message".to_owned()),
            Self::Kernel(name) | Self::Service(name) => Some(name.clone()),
            Self::Contract(name) => Some(format!("{name}-contract")),
            Self::EdgeCommon => Some("edge-common".to_owned()),
            Self::Demo => Some("demo".to_owned()),
            _ => None,
        }
    }
}

/// One arrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// For tests only.
    pub(super) dev: bool,
    /// A crate of this workspace; one from elsewhere may have the same name.
    pub(super) ours: bool,
}

/// A crate of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    /// From the root, with `/` between its parts.
    pub(super) folder: String,
    pub(super) role: Role,
    pub(super) dependencies: Vec<Dependency>,
}

impl Member {
    pub(super) fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }

    /// Whether it depends on a crate, tests included.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.dependencies.iter().any(|dependency| dependency.ours && dependency.name == name)
    }
}

/// All crates of the workspace, in the order of their folders.
pub(super) struct House {
    pub(super) members: Vec<Member>,
}

impl House {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let members = metadata.packages.iter().map(|package| {
            let folder = package.manifest_path.parent().map_or(Path::new(""), |folder| folder.as_std_path());
            let folder = folder.strip_prefix(&metadata.workspace_root).unwrap_or(folder);
            let folder = folder.to_string_lossy().replace('\\', "/");
            let dependencies = package.dependencies.iter().map(|dependency| Dependency {
                name: dependency.name.clone(),
                dev: dependency.kind == DependencyKind::Development,
                ours: dependency.path.is_some(),
            });
            Member {
                name: package.name.to_string(),
                role: Role::of(&folder),
                folder,
                dependencies: dependencies.collect(),
            }
        });
        Self::new(members.collect())
    }

    pub(super) fn new(mut members: Vec<Member>) -> Self {
        members.sort_by(|left, right| left.folder.cmp(&right.folder));
        Self { members }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// The services by name, each with its crate.
    pub(super) fn services(&self) -> impl Iterator<Item = (&str, &Member)> {
        self.members.iter().filter_map(|member| match &member.role {
            Role::Service(name) => Some((name.as_str(), member)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_tells_the_role() {
        assert_eq!(Role::of("kernel/bus"), Role::Kernel("bus".into()));
        assert_eq!(Role::of("kernel/testing/macros"), Role::Testing);
        assert_eq!(Role::of("services/order"), Role::Service("order".into()));
        assert_eq!(Role::of("services/order/contract"), Role::Contract("order".into()));
        assert_eq!(Role::of("services/order/helpers"), Role::Stranger);
        assert_eq!((Role::of("edge/common"), Role::of("edge/gateway")), (Role::EdgeCommon, Role::Edge));
        assert_eq!(Role::of("demo"), Role::Demo);
        assert_eq!(Role::of("utils"), Role::Stranger);
    }
}
