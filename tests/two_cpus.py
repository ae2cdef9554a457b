"""Gives the process that imports it two logical CPUs, for two replicas; before it makes any tensor."""

import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

# Each graph runs a few times only: to improve it takes longer than it saves.
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
