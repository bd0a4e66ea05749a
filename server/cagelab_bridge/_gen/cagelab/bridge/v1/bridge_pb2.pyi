from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2 as _query_pb2
from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2 as _session_pb2
from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2 as _status_pb2
from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2 as _transfer_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
