//! Java object streams: the messages themselves, and the streams that they carry as byte arrays.
