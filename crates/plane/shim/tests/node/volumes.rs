//! Disks that come to a task whose shim is there already.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use wharf_container::{
    runtime::PreparedDisk,
    spec::{ContainerSpec, Mount},
};

use super::{
    fixture::{Node, sh},
    limits::{ended, without_loop_devices},
};

const MIB: u64 = 1 << 20;

fn image(node: &Node) -> PathBuf {
    let image = node.dir.path().join("volume.img");
    File::create(&image).unwrap().set_len(32 * MIB).unwrap();
    let made = Command::new("mkfs.ext4")
        .args(["-q", "-F"])
        .arg(&image)
        .status();
    assert!(made.unwrap().success());
    image
}

fn with_volume(mut spec: ContainerSpec, place: &Path) -> ContainerSpec {
    spec.mounts = vec![Mount {
        source: place.to_owned(),
        destination: "/data".into(),
        read_only: false,
        copy_up: true,
        as_it_is: false,
        beneath: None,
    }];
    spec
}

#[tokio::test]
async fn a_volume_outlives_its_task_and_has_an_end() {
    let node = Node::new().await;
    let image = image(&node);
    let place = node.dir.path().join("volumes/data");
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    for round in 0..2 {
        let task = node.task().await;
        assert!(!task.has_disk_at(&place).unwrap());
        let disk = PreparedDisk::kept(&image).unwrap();
        task.mount_disk(&disk, &place).unwrap();
        drop(disk);
        assert!(task.has_disk_at(&place).unwrap());
        // A second mount would destroy what is on it.
        assert!(PreparedDisk::kept(&image).is_err());
        let script = match round {
            0 => {
                "echo kept > /data/file; dd if=/dev/zero of=/data/big bs=1048576 count=64 2>/dev/null || echo full; rm /data/big"
            }
            _ => "cat /data/file",
        };
        let (code, said) = node.run(&task, &with_volume(sh(script), &place)).await;
        let expected = if round == 0 { "full\n" } else { "kept\n" };
        assert_eq!((code, said.as_str()), (0, expected));
        // Nothing of it is seen on the host.
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        assert!(!mounts.contains("volumes/data"), "{mounts}");
        task.kill().await.unwrap();
        without_loop_devices(node.dir.path()).await;
    }
    assert!(image.exists());
    node.finish().await;
}

#[tokio::test]
async fn a_volume_is_let_go_with_a_shim_that_is_killed() {
    let node = Node::new().await;
    let image = image(&node);
    let place = node.dir.path().join("volumes/data");
    let task = node.task().await;
    task.mount_disk(&PreparedDisk::kept(&image).unwrap(), &place)
        .unwrap();
    let shim = task.status().await.unwrap().shim_pid;
    ended(shim, || kill(Pid::from_raw(shim), Signal::SIGKILL).unwrap()).await;
    assert!(task.has_disk_at(&place).is_err());
    node.runtime.remove_task("t1").await.unwrap();
    without_loop_devices(node.dir.path()).await;
    node.finish().await;
}
