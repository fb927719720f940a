//! No teardown without the look before it and the sweep after it.

use super::*;

#[tokio::test(start_paused = true)]
async fn what_others_have_in_the_way_is_named_before_anything_is_deleted() {
    let world = World::new();
    world.apply(STACK, Goal::Declared).await.expect("nothing in the way");
    let vpcs = world.as_somebody("ec2", "Action=DescribeVpcs&Filter.1.Name=tag:landfall:stack&Filter.1.Value.1=acme");
    let vpc = element(&vpcs, "vpcId");
    let group = format!("Action=CreateSecurityGroup&GroupName=theirs&GroupDescription=x&VpcId={vpc}");
    let theirs = element(&world.as_somebody("ec2", &group), "groupId");
    let before = world.region.account_snapshot();

    let refused = world.apply(STACK, Goal::Nothing).await.expect_err("something is in the way");
    let Error::Blocked(blocked) = refused else { panic!("{refused}") };
    assert_eq!(blocked.found.iter().map(|blocker| &blocker.id).collect::<Vec<_>>(), [&theirs]);
    assert_eq!(world.region.account_snapshot(), before, "nothing was changed");

    world.as_somebody("ec2", &format!("Action=DeleteSecurityGroup&GroupId={theirs}"));
    let executed = world.apply(STACK, Goal::Nothing).await.expect("nothing is in the way any more");
    assert!(executed.report.is_complete() && executed.leftovers == Some(vec![]), "{executed:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_teardown_leaves_is_found_by_the_sweep() {
    let world = World::new();
    world.apply(STACK, Goal::Declared).await.expect("nothing in the way");
    // A volume with the stack's tag that landfall never made, in no network: nothing keeps the stack from going.
    let volume = world.as_somebody(
        "ec2",
        "Action=CreateVolume&AvailabilityZone=us-east-1a&Size=8&VolumeType=gp3\
         &TagSpecification.1.ResourceType=volume&TagSpecification.1.Tag.1.Key=landfall:stack\
         &TagSpecification.1.Tag.1.Value=acme",
    );
    let volume = element(&volume, "volumeId");
    let executed = world.apply(STACK, Goal::Nothing).await.expect("the teardown itself goes through");
    assert!(executed.report.is_complete());
    let left: Vec<String> = executed.leftovers.expect("a sweep").into_iter().map(|left| left.id).collect();
    assert_eq!(left, [volume]);
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_is_gone_is_swept_as_well() {
    let world = World::new();
    let executed = world.apply(STACK, Goal::Nothing).await.expect("nothing to do");
    assert_eq!((executed.changes, executed.leftovers), (0, Some(vec![])));
}
