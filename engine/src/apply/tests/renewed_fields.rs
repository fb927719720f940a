//! Fields that are renewed with the replacement, and replacements that are asked for.

use super::*;
use crate::kind::Replacement;
use crate::plan::{Action, Reason};
use crate::resource::{Reference, Resource, TextPart, Value};

fn node(script: &str, parameter: &str) -> Resource {
    resource("node", NODE, &[]).with("script", script).with("parameter", parameter).with("loose", 1)
}

/// What is planned for the node, and the paths that differ.
fn planned(plan: &Plan, at: &str) -> (Action, Reason, Vec<String>) {
    let change = plan.changes.iter().find(|change| change.address == address(at)).expect("it is planned");
    let paths = change.fields.iter().map(|f| format!("{}{}", f.path, if f.forces_replacement { "!" } else { "" }));
    (change.action, change.reason.clone(), paths.collect())
}

fn outdated(plan: &Plan) -> Vec<String> {
    plan.outdated.iter().map(|o| format!("{} {}", o.address, o.fields.join(","))).collect()
}

impl World {
    async fn apply_plan(&mut self, plan: &Plan, graph: &Graph) {
        let (_keep, never) = watch::channel(Interrupt::None);
        let report = self.carry_out(plan, graph, never).await.expect("the journal can be written");
        assert!(report.is_complete(), "{report:?}");
    }

    fn recorded_at(&self, at: &str, name: &str) -> Option<serde_json::Value> {
        self.recorded.resources[&address(at)].properties.get(name).cloned()
    }
}

const CREATE_FIRST: Action = Action::Replace(Replacement::CreateFirst);

#[tokio::test(start_paused = true)]
async fn a_new_script_alone_replaces_nobody_and_is_told() {
    let mut world = World::new();
    world.apply(&graph_of([node("version 1", "a")])).await;
    let graph = graph_of([node("version 2", "a")]);
    let plan = world.plan(&graph);
    assert!(plan.is_empty() && plan.drift.is_empty(), "{plan:#?}");
    assert_eq!(planned(&plan, "node"), (Action::NoOp, Reason::Unchanged, vec![]));
    assert_eq!(outdated(&plan), ["node script"]);
    assert_eq!(stale_records(&plan, &world.recorded), vec![], "the record keeps what the resource has");
    world.apply_plan(&plan, &graph).await;
    assert_eq!(world.recorded_at("node", "script"), Some(json!("version 1")));
}

#[tokio::test(start_paused = true)]
async fn an_update_of_something_else_leaves_the_script_and_its_record() {
    let mut world = World::new();
    world.apply(&graph_of([node("version 1", "a")])).await;
    let graph = graph_of([node("version 2", "a").with("loose", 2)]);
    let plan = world.plan(&graph);
    assert_eq!(planned(&plan, "node"), (Action::Update, Reason::Changed, vec!["/loose".to_owned()]));
    world.apply_plan(&plan, &graph).await;
    assert_eq!(world.recorded_at("node", "script"), Some(json!("version 1")));
    assert_eq!(outdated(&world.plan(&graph)), ["node script"], "it is told until the node is replaced");
}

#[tokio::test(start_paused = true)]
async fn it_goes_in_with_a_replacement_for_another_reason() {
    let mut world = World::new();
    world.apply(&graph_of([node("version 1", "a")])).await;
    let graph = graph_of([node("version 2", "b")]);
    let plan = world.plan(&graph);
    let paths = vec!["/parameter!".to_owned(), "/script".to_owned()];
    assert_eq!(planned(&plan, "node"), (CREATE_FIRST, Reason::Changed, paths));
    assert_eq!(outdated(&plan), Vec::<String>::new());
    world.apply_plan(&plan, &graph).await;
    assert_eq!(world.recorded_at("node", "script"), Some(json!("version 2")));
    assert_eq!(world.cloud.thing_at("node").properties["script"], "version 2");
    assert_eq!(outdated(&world.plan(&graph)), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_is_replaced_in_the_order_of_its_kind() {
    let mut world = World::new();
    let graph = |script| graph_of([node(script, "a"), resource("box", BOX, &[]), resource("other", BOX, &[])]);
    world.apply(&graph("version 1")).await;
    let plan = world.plan_replacing(&graph("version 2"), &["node", "bo?"]);
    assert_eq!(planned(&plan, "node"), (CREATE_FIRST, Reason::Requested, vec!["/script".to_owned()]));
    assert_eq!(
        planned(&plan, "box"),
        (Action::Replace(Replacement::DeleteFirst), Reason::Requested, vec![]),
        "also where nothing differs"
    );
    assert_eq!(planned(&plan, "other").0, Action::NoOp);
    world.log();
    world.apply_plan(&plan, &graph("version 2")).await;
    let mut log = world.log();
    let (create, delete) = (log.iter().position(|l| l == "create node"), log.iter().position(|l| l == "delete node"));
    assert!(create.is_some() && create < delete, "{log:?}");
    log.sort();
    assert_eq!(log, ["create box", "create node", "delete box", "delete node"]);
    let after = world.plan(&graph("version 2"));
    assert!(after.is_empty() && after.outdated.is_empty(), "{after:#?}");
}

#[test]
fn a_glob_that_selects_nothing_is_named() {
    let graph = graph_of([node("version 1", "a")]);
    let refused = AskedReplacements::select(&["node", "nod"], &graph).expect_err("there is no such resource");
    assert_eq!(refused.to_string(), "`nod` selects nothing that the stack declares");
}

/// Two nodes, the second with the first one's id in its script: as a worker has its scheduler's address.
fn pair(first: &str, script: &str) -> Graph {
    let first_id = || TextPart::Reference(Reference::id(&address("first")));
    let text = |before: &str| Value::Text(vec![TextPart::Verbatim(before.to_owned()), first_id()]);
    graph_of([
        resource("first", NODE, &[]).with("fixed", first),
        resource("second", NODE, &[]).with("script", text(script)).with("parameter", text("first is ")),
    ])
}

#[tokio::test(start_paused = true)]
async fn what_names_a_replaced_resource_is_replaced_whatever_the_script() {
    for script in ["version 1 ", "version 2 "] {
        let mut world = World::new();
        world.apply(&pair("a", "version 1 ")).await;
        let graph = pair("b", script);
        let plan = world.plan(&graph);
        let paths = vec!["/parameter!".to_owned(), "/script".to_owned()];
        assert_eq!(planned(&plan, "second"), (CREATE_FIRST, Reason::Changed, paths));
        world.apply_plan(&plan, &graph).await;
        assert!(world.plan(&graph).is_empty());
    }
}

/// A record that an earlier version wrote has the script and not what it is made from.
#[tokio::test(start_paused = true)]
async fn where_the_record_lacks_the_parameters_the_whole_script_counts() {
    let mut world = World::new();
    world.apply(&pair("a", "version 1 ")).await;
    let forget_parameter = |world: &mut World| {
        let known = world.recorded.resources.get_mut(&address("second")).expect("it is recorded");
        Arc::make_mut(known).properties.remove("parameter");
    };
    forget_parameter(&mut world);

    // The same stack plans empty, and the record is completed by the next apply.
    let plan = world.plan(&pair("a", "version 1 "));
    assert!(plan.is_empty() && plan.outdated.is_empty(), "{plan:#?}");
    let stale = stale_records(&plan, &world.recorded);
    assert_eq!(stale.len(), 1, "{stale:?}");
    let mut completed = world.recorded.clone();
    stale.iter().for_each(|record| completed.apply(record));
    let first = completed.resources[&address("first")].id.clone();
    assert_eq!(completed.resources[&address("second")].properties["parameter"], json!(format!("first is {first}")));
    let incomplete = std::mem::replace(&mut world.recorded, completed);
    assert_eq!(stale_records(&world.plan(&pair("a", "version 1 ")), &world.recorded), vec![]);
    world.recorded = incomplete;

    // Until then nothing is let pass: neither a new text nor another first node that an interrupted run has made.
    let paths = vec!["/script!".to_owned()];
    assert_eq!(planned(&world.plan(&pair("a", "version 2 ")), "second"), (CREATE_FIRST, Reason::Changed, paths));
    let graph = pair("b", "version 1 ");
    let paths = vec!["/script!".to_owned(), "/parameter!".to_owned()];
    assert_eq!(planned(&world.plan(&graph), "second"), (CREATE_FIRST, Reason::Changed, paths));
    world.fail("second", "create", CallError::Refused, 1);
    let report = world.apply(&graph).await;
    assert_eq!(report.failures.len(), 1, "{report:?}");
    let paths = vec!["/script!".to_owned()];
    assert_eq!(planned(&world.plan(&graph), "second"), (CREATE_FIRST, Reason::Changed, paths));
}

/// What is adopted is taken to be as declared, as far as that exists: it cannot name what is only now being made.
#[tokio::test(start_paused = true)]
async fn what_is_adopted_does_not_name_what_is_made_anew() {
    let mut world = World::new();
    world.apply(&pair("a", "version 1 ")).await;
    world.recorded = Recorded::default();
    assert_eq!(planned(&world.plan(&pair("a", "version 2 ")), "second").0, Action::Import);
    let plan = world.plan(&pair("b", "version 1 "));
    assert!(matches!(planned(&plan, "second").0, Action::Replace(_)), "{plan:#?}");
}
