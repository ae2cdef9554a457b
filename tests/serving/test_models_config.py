"""The text of models.config, read as the server reads it."""

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from kgen import serving

FIELD = descriptor_pb2.FieldDescriptorProto
MESSAGES = {
    "Latest": [("num_versions", 1, FIELD.TYPE_UINT32, None)],
    "Policy": [("latest", 2, FIELD.TYPE_MESSAGE, "Latest")],
    "Config": [
        ("name", 1, FIELD.TYPE_STRING, None),
        ("base_path", 2, FIELD.TYPE_STRING, None),
        ("model_platform", 4, FIELD.TYPE_STRING, None),
        ("model_version_policy", 7, FIELD.TYPE_MESSAGE, "Policy"),
    ],
    "List": [("config", 1, FIELD.TYPE_MESSAGE, "Config")],
    "Server": [("model_config_list", 1, FIELD.TYPE_MESSAGE, "List")],
}


def server_config(text):
    """The message of a text, by the fields of model_server_config.proto that are used here."""
    file = descriptor_pb2.FileDescriptorProto(name="config.proto", package="kgen_test")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, of in fields:
            label = FIELD.LABEL_REPEATED if field == "config" else FIELD.LABEL_OPTIONAL
            own = {"type_name": f".kgen_test.{of}"} if of else {}
            message.field.add(name=field, number=number, type=kind, label=label, **own)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    made = message_factory.GetMessageClass(pool.FindMessageTypeByName("kgen_test.Server"))
    return text_format.Parse(text, made())


def test_every_model_with_a_version_is_named(tmp_path):
    for name in ("mnist_vae/1", "mnist_vae/2", 'odd "name" ü/10', "no_model/1", "notes"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("mnist_vae/1", "mnist_vae/2", 'odd "name" ü/10', "notes"):
        (tmp_path / name / "saved_model.pb").touch()
    (tmp_path / "README.md").touch()
    found = server_config(serving.config(tmp_path)).model_config_list.config
    assert [own.name for own in found] == ["mnist_vae", 'odd "name" ü']
    assert [own.base_path for own in found] == ["/models/mnist_vae", '/models/odd "name" ü']
    assert {own.model_platform for own in found} == {"tensorflow"}
    assert {own.model_version_policy.latest.num_versions for own in found} == {2}


def test_a_folder_without_models_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ValueError, match="exported models"):
            serving.config(folder)
