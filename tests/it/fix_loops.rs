//! Repairs of loops of one's own with several tapes, gradients or optimizers: each optimizer scales the
//! loss whose gradients it applies, and where that is not clear nothing is repaired.

use crate::support::TestRepo;

/// The code that `tfmp fix --unsafe` makes of a file, under a pin.
#[track_caller]
fn fixed(pin: &str, code: &str) -> String {
    let repo = TestRepo::new()
        .file("requirements.txt", &format!("{pin}\n"))
        .file("app.py", code);
    let outcome = repo.tfmp(&["fix", "--unsafe"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    std::fs::read_to_string(repo.path("app.py")).unwrap()
}

/// The same for both Kerases; nothing is left to report of either.
#[track_caller]
fn check(code: &str, keras_2: Option<&str>, keras_3: &str) {
    assert_eq!(fixed("tensorflow==2.18.1", code), keras_3);
    let scaled = [Some(keras_3), keras_2].into_iter().flatten();
    for (pin, code) in ["tensorflow==2.18.1", "tensorflow==2.12.1"]
        .iter()
        .zip(scaled)
    {
        let report = TestRepo::new()
            .file("requirements.txt", &format!("{pin}\n"))
            .file("app.py", code)
            .json();
        assert_eq!(report["findings"], serde_json::json!([]), "{pin}\n{code}");
    }
    if let Some(keras_2) = keras_2 {
        assert_eq!(fixed("tensorflow==2.12.1", code), keras_2);
    }
}

/// Both Kerases leave it as it is.
#[track_caller]
fn unchanged(code: &str) {
    for pin in ["tensorflow==2.18.1", "tensorflow==2.12.1"] {
        assert_eq!(fixed(pin, code), code, "{pin}");
    }
}

const SCALERS: &str = "import tensorflow as tf

G = tf.keras.mixed_precision.LossScaleOptimizer(tf.keras.optimizers.Adam(1e-4))
D = tf.keras.mixed_precision.LossScaleOptimizer(tf.keras.optimizers.Adam(1e-4))


";

const POLICY: &str = "import tensorflow as tf

tf.keras.mixed_precision.set_global_policy('mixed_float16')
";

#[test]
fn two_tapes_of_one_statement_scale_each_for_its_optimizer() {
    let step = |scaled: &str, g: &str, d: &str| {
        format!(
            "{SCALERS}def step(images):
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        fake = generator(noise())
        gen_loss = generator_loss(fake)
        disc_loss = discriminator_loss(images, fake)
{scaled}    of_generator = gen_tape.gradient({g}, generator.trainable_variables)
    of_discriminator = disc_tape.gradient({d}, discriminator.trainable_variables)
    G.apply_gradients(zip(of_generator, generator.trainable_variables))
    D.apply_gradients(zip(of_discriminator, discriminator.trainable_variables))
"
        )
    };
    let code = step("", "gen_loss", "disc_loss");
    let scaled = "        scaled_gen_loss = G.scale_loss(gen_loss)
        scaled_disc_loss = D.scale_loss(disc_loss)
";
    check(
        &code,
        None,
        &step(scaled, "scaled_gen_loss", "scaled_disc_loss"),
    );
    // Keras 2 does not unscale by itself.
    assert_eq!(fixed("tensorflow==2.12.1", &code), code);
}

#[test]
fn plain_optimizers_of_a_model_are_wrapped_together() {
    let model = |optimizers: [&str; 2], scaled: [&str; 2], gradients: [&str; 2]| {
        let [g, d] = optimizers;
        let [scale_d, scale_g] = scaled;
        let [of_d, of_g] = gradients;
        format!(
            "{POLICY}

class Gan:
    def __init__(self):
        self.g_opt = {g}
        self.d_opt = {d}

    def train(self, real):
        with tf.GradientTape() as tape:
            d_loss = self.loss(self.discriminator(real))
{scale_d}        grads = {of_d}
        self.d_opt.apply_gradients(zip(grads, self.discriminator.trainable_weights))
        with tf.GradientTape() as tape:
            g_loss = self.loss(self.discriminator(self.generator(real)))
{scale_g}        grads = {of_g}
        self.g_opt.apply_gradients(zip(grads, self.generator.trainable_weights))
"
        )
    };
    let plain = [
        "tf.keras.optimizers.Adam(3e-4)",
        "tf.keras.optimizers.Adam(1e-4)",
    ];
    let wrapped = plain.map(|one| format!("tf.keras.mixed_precision.LossScaleOptimizer({one})"));
    let wrapped = wrapped.each_ref().map(String::as_str);
    let code = model(
        plain,
        ["", ""],
        [
            "tape.gradient(d_loss, self.discriminator.trainable_weights)",
            "tape.gradient(g_loss, self.generator.trainable_weights)",
        ],
    );
    let keras_2 = model(
        wrapped,
        [
            "            scaled_d_loss = self.d_opt.get_scaled_loss(d_loss)\n",
            "            scaled_g_loss = self.g_opt.get_scaled_loss(g_loss)\n",
        ],
        [
            "self.d_opt.get_unscaled_gradients(tape.gradient(scaled_d_loss, self.discriminator.trainable_weights))",
            "self.g_opt.get_unscaled_gradients(tape.gradient(scaled_g_loss, self.generator.trainable_weights))",
        ],
    );
    let keras_3 = model(
        wrapped,
        [
            "            scaled_d_loss = self.d_opt.scale_loss(d_loss)\n",
            "            scaled_g_loss = self.g_opt.scale_loss(g_loss)\n",
        ],
        [
            "tape.gradient(scaled_d_loss, self.discriminator.trainable_weights)",
            "tape.gradient(scaled_g_loss, self.generator.trainable_weights)",
        ],
    );
    check(&code, Some(&keras_2), &keras_3);
}

#[test]
fn a_persistent_tape_scales_every_loss_that_is_applied() {
    let step = |scaled: &str, g: &str, d: &str| {
        format!(
            "{SCALERS}def step(x):
    with tf.GradientTape(persistent=True) as tape:
        g_loss = one(x)
        d_loss = other(x)
{scaled}    penalty = tape.gradient(d_loss, [x])
    G.apply_gradients(list(zip(tape.gradient({g}, gen.weights), gen.weights)))
    grads = tape.gradient({d}, disc.weights)
    if x is not None:
        D.apply_gradients(zip(grads, disc.weights))
    return penalty
"
        )
    };
    check(
        &step("", "g_loss", "d_loss"),
        None,
        &step(
            "        scaled_g_loss = G.scale_loss(g_loss)
        scaled_d_loss = D.scale_loss(d_loss)
",
            "scaled_g_loss",
            "scaled_d_loss",
        ),
    );
}

#[test]
fn the_same_name_for_two_losses_is_scaled_in_each_tape() {
    let step = |scaled: [&str; 2], loss: &str| {
        let [first, second] = scaled;
        format!(
            "{SCALERS}def step(x):
    with tf.GradientTape() as tape:
        loss = one(x)
{first}    grads = tape.gradient({loss}, gen.weights)
    G.apply_gradients(zip(grads, gen.weights))
    with tf.GradientTape() as tape:
        loss = other(x)
{second}    grads = tape.gradient({loss}, disc.weights)
    D.apply_gradients(zip(grads, disc.weights))
"
        )
    };
    let scaled = [
        "        scaled_loss = G.scale_loss(loss)\n",
        "        scaled_loss = D.scale_loss(loss)\n",
    ];
    check(&step(["", ""], "loss"), None, &step(scaled, "scaled_loss"));
}

/// What stands in the place of the two applied gradients of a step with two tapes.
#[track_caller]
fn not_clear(gradients: &str) {
    unchanged(&format!(
        "{SCALERS}def step(x, flag):
    with tf.GradientTape() as a, tf.GradientTape() as b:
        g_loss = one(x)
        d_loss = other(x)
{gradients}"
    ));
}

#[test]
fn a_pairing_that_is_not_clear_is_left_alone() {
    // What is applied was changed in between.
    not_clear(
        "    g = a.gradient(g_loss, gen.weights)
    d = b.gradient(d_loss, disc.weights)
    g = [tf.clip_by_norm(one, 1.0) for one in g]
    G.apply_gradients(zip(g, gen.weights))
    D.apply_gradients(zip(d, disc.weights))
",
    );
    // One of two gradients, by a condition.
    not_clear(
        "    if flag:
        g = a.gradient(g_loss, gen.weights)
    else:
        g = b.gradient(d_loss, gen.weights)
    G.apply_gradients(zip(g, gen.weights))
    D.apply_gradients(zip(g, disc.weights))
",
    );
    // Both optimizers apply the same gradients.
    not_clear(
        "    g = a.gradient(g_loss, gen.weights)
    d = b.gradient(d_loss, disc.weights)
    G.apply_gradients(zip(g, gen.weights))
    D.apply_gradients(zip(g, disc.weights))
",
    );
    // Two optimizers would scale one loss under one name.
    not_clear(
        "    g = a.gradient(g_loss, gen.weights)
    d = b.gradient(g_loss, disc.weights)
    G.apply_gradients(zip(g, gen.weights))
    D.apply_gradients(zip(d, disc.weights))
",
    );
    // Gradients of both are computed at once.
    not_clear(
        "    g, d = a.gradient(g_loss, gen.weights), b.gradient(d_loss, disc.weights)
    G.apply_gradients(zip(g, gen.weights))
    D.apply_gradients(zip(d, disc.weights))
",
    );
}

#[test]
fn an_optimizer_is_not_wrapped_where_one_of_its_loops_stays() {
    unchanged(&format!(
        "{POLICY}opt = tf.keras.optimizers.Adam()


def clear(x):
    with tf.GradientTape() as tape:
        loss = one(x)
    grads = tape.gradient(loss, weights)
    opt.apply_gradients(zip(grads, weights))


def apply(grads):
    opt.apply_gradients(zip(grads, weights))
"
    ));
}

#[test]
fn loops_of_one_optimizer_change_together() {
    let code = |opt: &str, one: &str, other: &str, loss: &str| {
        format!(
            "{POLICY}opt = {opt}


def first(x):
    with tf.GradientTape() as tape:
        loss = one(x)
{one}    grads = tape.gradient({loss}, weights)
    opt.apply_gradients(zip(grads, weights))


def second(x):
    with tf.GradientTape() as tape:
        loss = other(x)
{other}    opt.apply_gradients(zip(tape.gradient({loss}, weights), weights))
"
        )
    };
    let scaled = "        scaled_loss = opt.scale_loss(loss)\n";
    let plain = "tf.keras.optimizers.Adam()";
    let wrapped = "tf.keras.mixed_precision.LossScaleOptimizer(tf.keras.optimizers.Adam())";
    check(
        &code(plain, "", "", "loss"),
        None,
        &code(wrapped, scaled, scaled, "scaled_loss"),
    );
}
