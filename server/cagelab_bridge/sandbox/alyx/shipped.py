"""What every Alyx 3.6.1 holds from the start: formats, procedures, water types, dataset types, brain regions."""

from __future__ import annotations

import uuid
from functools import lru_cache

from .shipped_regions import brain_regions
from .shipped_types import dataset_types
from .state import State

_NAMESPACE = uuid.UUID("5f1c2d36-2a59-4d0b-8a43-0b5a7f6a7a11")

# name ("_" stands for a blank), extension, function that reads it in MATLAB and in Python
_FORMATS = """
jsonable .jsonable - -
mj2 .mj2 VideoReader ffmpeg
ssv .ssv - -
m .m open read
json .json loadjson json.load
mat .mat load scipy.io.loadmat
notData - - -
ch .ch fread unknown
cbin .cbin fread unknown
bin .bin fread unknown
csv .csv fopen Pandas.read_csv
mp4 .mp4 - -
npy .npy readNPY numpy.load
zip .zip - -
meta .meta ibllib.io.spikeglx.read_meta_data ibllib.io.spikeglx.read_meta_data
log .log - -
tsv .tsv - pandas.read_table
parquet .pqt parquetread pyarrow.parquet.read_table
flac .flac - -
tar .tar - tarfile.TarFile
htsv .htsv readtable pandas.read_csv
yml .yml ReadYaml yaml.full_load
tdms .tdms tdmsread pyTDMS
yaml .yaml ReadYaml yaml.full_load
tif .tif read ScanImageTiffReader
bzip2 .bz2 - bz2.open
sparse_npz .sparse_npz - sparse.load_npz
npz .npz - numpy.load
"""
_PROCEDURES = """
Corrective procedure
Water restriction
UV cement
Ephys recording with chronic probe(s)
Ephys recording with acute probe(s)
Clear skull cap
Craniotomy
fUSi window
Coverslip implant
Imaging
Headplate implant
Skull thinning
Injection of dye - intracranial
Intraocular injection
Optical stimulation
Perfusion
injection of dye - sub cutaneous
Optical-fiber implant
Alteration of light-dark cycle
Secondary craniotomy/durotomy
Coverslip replacement
Virus injection
Neuromics
Behavior training/tasks
Brain lesion
Injection of dye - tail vein
Tail Vein Injection
Head-fixation only
Single-cell electroporation
Histology
handling_habituation
Cannula implant
Fiber photometry
"""
_WATERS = (
    "Water",
    "Water 15% Sucrose",
    "Hydrogel 5% Citric Acid",
    "Water 10% Sucrose",
    "Water 2% Citric Acid",
    "Hydrogel",
    "Water 1% Citric Acid",
)


def fixed_id(model: str, name: str) -> str:
    """The same UUID for the same record in every sandbox."""
    return str(uuid.uuid5(_NAMESPACE, f"{model}/{name}"))


@lru_cache(maxsize=1)
def _template() -> State:
    state = State()

    def put(model: str, name: str, **columns: object) -> None:
        state.insert(model, {"id": fixed_id(model, name), "name": name, **columns})

    for line in _FORMATS.strip().splitlines():
        name, extension, matlab, python = (word if word != "-" else "" for word in line.split())
        columns = {"file_extension": extension, "matlab_loader_function": matlab, "python_loader_function": python}
        put("data_format", name.replace("_", " "), description=f"{name} file", **columns)
    for name in _PROCEDURES.strip().splitlines():
        put("procedure", name)
    for name in _WATERS:
        put("water_type", name)
    for name in ("Fileserver", "Cardboard box"):
        put("repository_type", name)
    for name, pattern in dataset_types():
        put("dataset_type", name, description=name, filename_pattern=pattern)
    for key, parent, acronym, name in brain_regions():
        state.insert("brain_region", {"id": key, "parent": parent, "acronym": acronym, "name": name})
    species = {"id": fixed_id("species", "mouse"), "name": "Mus musculus", "nickname": "Laboratory mouse"}
    state.insert("species", species)
    return state


def shipped() -> State:
    """A new state with only these."""
    return _template().copy()
