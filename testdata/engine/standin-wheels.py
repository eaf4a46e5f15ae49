#!/usr/bin/env python3
"""standin-wheels.py OUT DEB...: repacks Debian's python3-* packages as wheels, so that pip installs with no PyPI.

An extension module stays in only if it was compiled for CPython 3.9 on glibc; the wheel's tag says so then,
and pip on musl leaves it alone. A package that comes without one becomes a pure wheel.
"""

import base64
import email.parser
import hashlib
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import zipfile

# bullseye's glibc: what its packages were linked against, so the oldest that can be promised.
GLIBC_TAG = f"cp39-cp39-manylinux_2_31_{platform.machine()}"


def metadata_of(packages):
    """The METADATA text, and the other files worth keeping, of the one project in a package."""
    (info,) = [p for p in packages.iterdir() if p.name.endswith((".dist-info", ".egg-info"))]
    if info.is_file():
        return info, info.read_text(), {}
    name = "METADATA" if info.name.endswith(".dist-info") else "PKG-INFO"
    extras = {n: (info / n).read_bytes() for n in ("entry_points.txt", "top_level.txt") if (info / n).exists()}
    return info, (info / name).read_text(), extras


def repack(deb, out):
    with tempfile.TemporaryDirectory() as tmp:
        subprocess.run(["dpkg-deb", "-x", str(deb), tmp], check=True)
        packages = pathlib.Path(tmp, "usr/lib/python3/dist-packages")
        info, metadata, extras = metadata_of(packages)
        header = email.parser.Parser().parsestr(metadata, headersonly=True)
        name = re.sub(r"[-_.]+", "_", header["Name"]).lower()

        files, tag = {}, "py3-none-any"
        for path in sorted(packages.rglob("*")):
            if not path.is_file() or info in (path, *path.parents):
                continue
            if path.suffix == ".so":
                if ".cpython-39-" not in path.name:
                    continue
                tag = GLIBC_TAG
            files[str(path.relative_to(packages))] = path.read_bytes()

        folder = f"{name}-{header['Version']}.dist-info"
        purelib = str(tag == "py3-none-any").lower()
        files[f"{folder}/METADATA"] = metadata.encode()
        files[f"{folder}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: stand-in\nRoot-Is-Purelib: {purelib}\nTag: {tag}\n".encode()
        files.update({f"{folder}/{n}": data for n, data in extras.items()})
        write(out / f"{name}-{header['Version']}-{tag}.whl", folder, files)


def write(wheel, folder, files):
    record = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as z:
        for path, data in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(data)}\n")
            # A fixed time: the same packages give the same wheel.
            z.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
        record.append(f"{folder}/RECORD,,\n")
        z.writestr(zipfile.ZipInfo(f"{folder}/RECORD", (2020, 1, 1, 0, 0, 0)), "".join(record))
    print(wheel.name)


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for package in sys.argv[2:]:
        repack(pathlib.Path(package), target)
