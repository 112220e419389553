import tensorflow as tf

tf.x()  # tfmp: ignore[TFMP002, api-removed] reason, until=2.9
tf.x()  # noqa: TFMP001,E501  # noqa
# tfmp: ignore-file[TFMP]
# tfmp: ignor[TFMP002
# tfmp: ignore TFMP002
s = "# tfmp: ignore"
tf.x(
    1,  # tfmp: ignore[TFMP0]
)
