"""Machine images: Amazon Linux 2023 and a GPU image in every region, with dates by which new ones differ from old."""

import datetime
import hashlib
import re

from moto.core.utils import utcnow
from moto.ec2.models.amis import Ami, AmiBackend

from .repair import replaces

STARTED = utcnow()  # naive, as all of moto's

AMAZON = "137112412989"
DEEP_LEARNING = "898082745236"

# name, architecture, owner: the newest of each kind, and an older one that must not be chosen.
OFFERED = [
    (f"al2023-ami-2023.{release}.0-kernel-{kernel}-{architecture}", architecture, AMAZON)
    for release in ("8.20250721", "9.20261103")
    for kernel in ("6.1", "6.12")
    for architecture in ("x86_64", "arm64")
] + [
    (f"Deep Learning Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) {date}", architecture, DEEP_LEARNING)
    for date in ("20250714", "20261030")
    for architecture in ("x86_64", "arm64")
]


@replaces(AmiBackend, "_load_amis")
def images_of_every_region(original, self):
    # moto's own list is as old as its release, and empty for regions newer than that.
    original(self)
    for name, architecture, owner in OFFERED:
        # The same name always has the same id in a region, so that a test may write it down.
        image_id = "ami-" + hashlib.sha256(f"{self.region_name}/{name}/{architecture}".encode()).hexdigest()[:17]
        self.amis[image_id] = Ami(
            self,
            image_id,
            name=name,
            description=name,
            owner_id=owner,
            owner_alias="amazon",
            public=True,
            virtualization_type="hvm",
            architecture=architecture,
            state="available",
            image_type="machine",
            hypervisor="xen",
            root_device_name="/dev/xvda",
            root_device_type="ebs",
            sriov="simple",
        )
    for image in self.amis.values():
        date_from_name(image)


UNDATED = datetime.datetime(2017, 1, 1)


def date_from_name(image) -> None:
    # AWS says when an image was made; of most of its images moto says when the server was started, and "the newest"
    # is then any.
    date = re.search(r"(20\d\d)(\d\d)(\d\d)", image.name or "")
    if date and (image.name.startswith("al20") or image.name.startswith("Deep Learning")):
        image.creation_date = datetime.datetime(*map(int, date.groups()))
    elif image.creation_date.replace(tzinfo=None) > STARTED:
        image.creation_date = UNDATED


def root_volume(image) -> list:
    # AWS: 8 GiB of gp3 that goes with the instance (35 for GPU images). moto: 15 GiB of `standard` that stays.
    size = 35 if "GPU" in (image.name or "") else 8
    ebs = {
        "SnapshotId": image.ebs_snapshot.id,
        "VolumeSize": size,
        "DeleteOnTermination": True,
        "VolumeType": "gp3",
        "Encrypted": False,
    }
    return [{"DeviceName": image.root_device_name, "Ebs": ebs}]


Ami.block_device_mappings = property(root_volume)
