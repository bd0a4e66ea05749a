"""The record types of Alyx 3.6.1 that the stand-in knows."""

from __future__ import annotations

from dataclasses import replace

from .schema import ID, JSON, Column, Model, base

# Alyx takes the quality codes from ONE; this is also the order in which its sentences list them.
QC = ((50, "CRITICAL"), (40, "FAIL"), (30, "WARNING"), (0, "NOT_SET"), (10, "PASS"))
SEXES = (("M", "Male"), ("F", "Female"), ("U", "Unknown"))

_NAMED = Column("name", indexed=True, default="")
_ACTION = (
    Column("users", "links", "user", "session"),
    Column("subject", "link", "subject", "actions_sessions", indexed=True),
    Column("location", "link", "location", "session", on_delete="null"),
    Column("lab", "link", "lab", "session", on_delete="null"),
    Column("procedures", "links", "procedure", "session"),
    Column("narrative", default=""),
    Column("start_time", "datetime"),
    Column("end_time", "datetime"),
)

_MODELS = (
    Model(
        "user",
        "LabMember",
        "user",
        (
            ID,
            Column("password", hidden=True, default=""),
            Column("last_login", "datetime"),
            Column("is_superuser", "bool", default=False),
            Column("username", indexed=True),
            Column("first_name", default=""),
            Column("last_name", default=""),
            Column("email", default=""),
            Column("is_staff", "bool", default=False),
            Column("is_active", "bool", default=True),
            Column("date_joined", "datetime"),
            Column("is_stock_manager", "bool", default=False),
            Column("allowed_users", "links", "user"),
            Column("is_public_user", "bool", default=False),
        ),
        ordering=("username",),
    ),
    Model(
        "lab",
        "Lab",
        "lab",
        base(
            _NAMED,
            Column("institution", default=""),
            Column("address", default=""),
            Column("timezone", default="UTC"),
            Column("reference_weight_pct", "float", default=0.0),
            Column("zscore_weight_pct", "float", default=0.0),
            Column("cage_cleaning_frequency_days", "int"),
            Column("light_cycle", "int", choices=((0, "Normal"), (1, "Inverted"))),
            Column("repositories", "links", "repository", "lab"),
        ),
    ),
    Model("location", "LabLocation", "lab location", base(_NAMED, Column("lab", "link", "lab", "lablocation"))),
    Model(
        "project",
        "Project",
        "project",
        base(_NAMED, Column("description", default=""), Column("users", "links", "user", "project")),
    ),
    Model("species", "Species", "species", base(Column("nickname", indexed=True))),
    Model(
        "subject",
        "Subject",
        "subject",
        base(
            Column("nickname", indexed=True, default="-"),
            Column("species", "link", "species", "subject", on_delete="null"),
            Column("sex", default="U", choices=SEXES),
            Column("birth_date", "date"),
            Column("death_date", "date"),
            Column("wean_date", "date"),
            Column("genotype_date", "date"),
            Column("responsible_user", "link", "user", "subjects_responsible", on_delete="null"),
            Column("lab", "link", "lab", "subject"),
            Column("projects", "links", "project", "subject"),
            Column("cage"),
            Column("ear_mark", default=""),
            Column("protocol_number", default="1", choices=tuple((str(n), str(n)) for n in range(1, 5))),
            Column("description", default=""),
            Column("adverse_effects", default=""),
            Column("actual_severity", "int"),
            Column("to_be_genotyped", "bool", default=False),
            Column("to_be_culled", "bool", default=False),
            Column("reduced_date", "date"),
        ),
        ordering=("nickname", "-birth_date"),
    ),
    Model("procedure", "ProcedureType", "procedure type", base(_NAMED, Column("description", default=""))),
    Model(
        "session",
        "Session",
        "session",
        base(
            *_ACTION,
            Column("parent_session", "link", "session", "session", on_delete="null"),
            Column("projects", "links", "project", "session"),
            Column("type"),
            Column("number", "int"),
            Column("task_protocol", default=""),
            Column("n_trials", "int"),
            Column("n_correct_trials", "int"),
            Column("qc", "int", default=0, choices=QC),
            Column("extended_qc", "json"),
            Column("auto_datetime", "datetime"),
        ),
    ),
    Model("water_type", "WaterType", "water type", base(_NAMED)),
    Model(
        "weighing",
        "Weighing",
        "weighing",
        base(
            Column("user", "link", "user", "weighing", on_delete="null"),
            Column("subject", "link", "subject", "weighings", indexed=True),
            Column("date_time", "datetime"),
            Column("weight", "float"),
        ),
    ),
    Model(
        "water_administration",
        "WaterAdministration",
        "water administration",
        base(
            Column("user", "link", "user", "wateradministration", on_delete="null"),
            Column("subject", "link", "subject", "water_administrations", indexed=True),
            Column("date_time", "datetime"),
            Column("session", "link", "session", "wateradmin_session_related", on_delete="null", indexed=True),
            Column("water_administered", "float"),
            Column("water_type", "link", "water_type", "wateradministration", on_delete="null"),
            Column("adlib", "bool", default=False),
        ),
    ),
    Model(
        "note",
        "Note",
        "note",
        base(
            Column("user", "link", "user", "note"),
            Column("date_time", "datetime"),
            Column("text", default=""),
            Column("image", hidden=True),
            Column("content_type", hidden=True),
            Column("object_id", "uuid", indexed=True),
        ),
    ),
    Model("repository_type", "DataRepositoryType", "data repository type", base(_NAMED), ordering=("name",)),
    Model(
        "repository",
        "DataRepository",
        "data repository",
        base(
            _NAMED,
            Column("repository_type", "link", "repository_type", "datarepository"),
            Column("hostname", indexed=True, default=""),
            Column("data_url"),
            Column("timezone", default="UTC"),
            Column("globus_path", default=""),
            Column("globus_endpoint_id", "uuid"),
            Column("globus_is_personal", "bool"),
        ),
        ordering=("name",),
    ),
    Model(
        "data_format",
        "DataFormat",
        "data format",
        base(
            _NAMED,
            Column("description", default=""),
            Column("file_extension", indexed=True, default=""),
            Column("matlab_loader_function", default=""),
            Column("python_loader_function", default=""),
        ),
        ordering=("name",),
    ),
    Model(
        "dataset_type",
        "DatasetType",
        "dataset type",
        base(
            _NAMED,
            Column("created_by", "link", "user", "data_datasettype_created_by_related"),
            Column("description", default=""),
            Column("filename_pattern", default="", indexed=True),
        ),
        ordering=("name",),
    ),
    Model(
        "tag",
        "Tag",
        "tag",
        base(
            _NAMED,
            Column("description", default=""),
            Column("protected", "bool", default=False),
            Column("public", "bool", default=False),
            Column("hash"),
        ),
        ordering=("name",),
    ),
    Model(
        "revision",
        "Revision",
        "revision",
        base(_NAMED, Column("description", default=""), Column("created_datetime", "datetime")),
        ordering=("name",),
    ),
    Model(
        "dataset",
        "Dataset",
        "dataset",
        base(
            Column("session", "link", "session", "data_dataset_session_related", indexed=True),
            Column("created_by", "link", "user", "data_dataset_created_by_related"),
            Column("created_datetime", "datetime"),
            Column("generating_software", default=""),
            Column("provenance_directory", "link", "dataset", "data_dataset_provenance_related"),
            Column("content_type", hidden=True),
            Column("object_id", "uuid"),
            Column("file_size", "int"),
            Column("md5", "uuid"),
            Column("hash", default=""),
            Column("version", default=""),
            Column("collection", default=""),
            Column("dataset_type", "link", "dataset_type", "dataset", on_delete="null"),
            Column("data_format", "link", "data_format", "dataset", on_delete="null"),
            Column("revision", "link", "revision", "dataset", on_delete="null"),
            Column("tags", "links", "tag", "datasets"),
            Column("auto_datetime", "datetime"),
            Column("default_dataset", "bool", default=True),
            Column("qc", "int", default=0, choices=QC),
        ),
    ),
    Model(
        "file_record",
        "FileRecord",
        "file record",
        base(
            Column("dataset", "link", "dataset", "file_records", indexed=True),
            Column("data_repository", "link", "repository", "filerecord"),
            Column("relative_path", indexed=True),
            Column("exists", "bool", default=False),
        ),
    ),
    Model(
        "brain_region",
        "BrainRegion",
        "brain region",
        (
            Column("id", "int"),
            Column("acronym", indexed=True),
            Column("name"),
            Column("parent", "link", "brain_region", "children"),
            Column("ontology"),
            Column("description"),
        ),
    ),
    # Record types CageLab never writes; their lists exist and are empty.
    *(
        Model(name, label, label.lower(), (ID, JSON))
        for name, label in (
            ("surgery", "Surgery"),
            ("water_restriction", "WaterRestriction"),
            ("insertion", "ProbeInsertion"),
            ("trajectory", "TrajectoryEstimate"),
            ("channel", "Channel"),
            ("chronic_insertion", "ChronicInsertion"),
            ("field_of_view", "FOV"),
            ("task", "Task"),
            ("download", "Download"),
            ("data_notice", "DataNotice"),
        )
    ),
)

# Names a query may also begin with in Alyx, though nothing here is behind them.
_ALSO = {
    "user": (
        "auth_token chronicrecording cull data_notices download groups labmember labmembership logentry "
        "notification notificationrule otheraction revision subjects_requested surgery user_permissions "
        "virusinjection waterrestriction"
    ),
    "lab": (
        "cage_type cage_type_id chronicrecording enrichment enrichment_id food food_id labmembership line "
        "otheraction surgery virusinjection waterrestriction"
    ),
    "subject": (
        "actions_chronicrecordings actions_otheractions actions_surgerys actions_virusinjections "
        "actions_waterrestrictions cull genotype genotype_test genotypetest housing_subjects housings line "
        "line_id litter litter_father litter_id mother1 mother2 notification request request_id source "
        "source_id strain strain_id zygosity"
    ),
    "session": "field_of_view probe_insertion tasks",
    "note": "content_object content_type_id",
    "brain_region": "brain_region channels level lft rght tree_id",
    "dataset": "content_object content_type_id data_notices download field_of_view probe_insertion protected public",
}
MODELS = {model.name: replace(model, also=tuple(_ALSO.get(model.name, "").split())) for model in _MODELS}
# (target, name used in a query) → (record type, its column that points to the target)
REVERSE = {
    (column.target, column.reverse): (model.name, column.name)
    for model in _MODELS
    for column in model.links
    if column.reverse
}
# target → the columns of other record types that must follow when a record of the target is deleted
POINTING = {
    target: [(model.name, column) for model in _MODELS for column in model.links if column.target == target]
    for target in MODELS
}
