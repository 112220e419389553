//! Whole files that train in mixed precision, through the program: what the rules about behaviour
//! say of them, and where they keep silent. The pages of the rules hold the plain cases.

use crate::support::TestRepo;

/// The rules that look at a whole file.
const BEHAVIOUR: [&str; 9] = [
    "TFMP020", "TFMP021", "TFMP022", "TFMP024", "TFMP025", "TFMP027", "TFMP028", "TFMP029",
    "TFMP030",
];

/// What is told of a file under a pin, as `line level rule`.
fn told(requirements: &str, code: &str) -> Vec<String> {
    let report = TestRepo::new()
        .file("requirements.txt", requirements)
        .file("app.py", code)
        .json();
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().unwrap();
            let line = &finding["start"]["line"];
            format!("{line} {} {}", text("level"), text("rule"))
        })
        .collect()
}

#[track_caller]
fn all(requirements: &str, code: &str, expected: &[&str]) {
    assert_eq!(told(requirements, code), expected, "{requirements}{code}");
}

/// Holds what the rules about behaviour say against what is expected.
#[track_caller]
fn check(requirements: &str, code: &str, expected: &[&str]) {
    let mut found = told(requirements, code);
    found.retain(|line| BEHAVIOUR.iter().any(|rule| line.ends_with(rule)));
    assert_eq!(found, expected);
}

#[test]
fn names_of_policies_are_told_by_release() {
    let import = "import tensorflow as tf\n";
    let set = format!("{import}tf.keras.mixed_precision.set_global_policy('mixed_float16')\n");
    all("tensorflow==2.3.1\n", &set, &["2 error TFMP001"]);
    all("tensorflow>=2.0\n", &set, &["2 warning TFMP001"]);
    let guarded = format!(
        "{import}if hasattr(tf.keras.mixed_precision, 'set_global_policy'):\n    \
         tf.keras.mixed_precision.set_global_policy('mixed_float16')\n"
    );
    all("tensorflow>=2.0\n", &guarded, &[]);
    let old =
        format!("{import}tf.keras.mixed_precision.experimental.set_policy('mixed_float16')\n");
    all("tensorflow==1.15.5\n", &old, &["2 error TFMP023"]);
    all("tensorflow==2.3.4\n", &old, &[]);
    all("tensorflow==2.8.4\n", &old, &["2 note TFMP003"]);
    all("tensorflow==2.9.3\n", &old, &["2 error TFMP002"]);
    let v2 = format!(
        "{import}tf.compat.v1.enable_v2_behavior()\n{}",
        &old[import.len()..]
    );
    all("tensorflow==1.15.5\n", &v2, &[]);
    let v1 = old.replace("tf.keras", "tf.compat.v1.keras");
    all("tensorflow==2.3.4\n", &v1, &["2 error TFMP002"]);
    let policy = format!("{import}tf.keras.mixed_precision.experimental.Policy('mixed_float16')\n");
    all("tensorflow==1.14.0\n", &policy, &["2 error TFMP023"]);
    let layer = format!("{import}tf.keras.layers.Dense(1, dtype='mixed_float16')\n");
    all("tensorflow==2.4.4\n", &layer, &["2 error TFMP023"]);
    let alias = "from tensorflow.keras.mixed_precision import experimental as mixed_precision\n";
    all("tensorflow==2.9.3\n", alias, &["1 error TFMP002"]);
    let alone = "import keras\nkeras.mixed_precision.set_global_policy('mixed_float16')\n";
    all("tensorflow==2.8.4\n", alone, &["2 error TFMP009"]);
}

#[test]
fn a_text_comparison_around_the_old_name_is_told_and_narrows_as_it_does() {
    let old = "import tensorflow as tf\nif tf.__version__ < '2.4.0':\n    \
               tf.keras.mixed_precision.experimental.set_policy('mixed_float16')\n";
    all(
        "tensorflow==2.10.1\n",
        old,
        &["2 error TFMP040", "3 error TFMP002"],
    );
    let both =
        format!("{old}else:\n    tf.keras.mixed_precision.set_global_policy('mixed_float16')\n");
    all("tensorflow==2.3.4\n", &both, &["2 warning TFMP040"]);
}

#[test]
fn a_loss_scale_optimizer_is_held_against_the_release() {
    let import = "import tensorflow as tf\nopt = tf.keras.optimizers.Adam()\n";
    let dynamic = format!("{import}tf.keras.mixed_precision.LossScaleOptimizer(opt, 'dynamic')\n");
    all("tensorflow==2.12.1\n", &dynamic, &["3 error TFMP006"]);
    all("tensorflow==2.18.1\n", &dynamic, &["3 error TFMP024"]);
    let scaled = format!(
        "{import}opt = tf.keras.mixed_precision.LossScaleOptimizer(opt)\n\
         loss = opt.get_scaled_loss(opt.build)\n"
    );
    all("tensorflow==2.18.1\n", &scaled, &["4 error TFMP007"]);
    all("tensorflow==2.12.1\n", &scaled, &[]);
    let legacy = format!("import os\nos.environ['TF_USE_LEGACY_KERAS'] = '1'\n{scaled}");
    all("tensorflow==2.18.1\ntf_keras==2.18.0\n", &legacy, &[]);
    let rewrite = "import tensorflow as tf\n\
                   tf.compat.v1.mixed_precision.enable_mixed_precision_graph_rewrite(tf.keras.optimizers.Adam())\n";
    all("tensorflow==2.12.1\n", rewrite, &["2 error TFMP025"]);
}

/// A step of training in a model under `mixed_float16`: `{}` stands for what is done to the loss.
fn train_step(root: &str, loss: &str, more: &str) -> String {
    format!(
        "import tensorflow as tf\nimport {root} as keras\n\
         keras.mixed_precision.set_global_policy('mixed_float16')\n\
         class M(keras.Model):\n    def train_step(self, data):\n        x, y = data\n        \
         with tf.GradientTape() as tape:\n            loss = {loss}\n        \
         g = tape.gradient(loss, self.trainable_variables)\n        \
         self.optimizer.apply_gradients(zip(g, self.trainable_variables))\n        \
         return {{'loss': loss}}\n{more}"
    )
}

const LOSS: &str = "self.compute_loss(x, y, self(x))";

#[test]
fn a_train_step_that_scales_nothing_is_an_error_on_keras_3() {
    let code = train_step("tensorflow.keras", LOSS, "");
    check("tensorflow==2.18.1\n", &code, &["10 error TFMP020"]);
    check("tensorflow==2.12.1\n", &code, &[]);
    check("tensorflow>=2.12\n", &code, &["10 warning TFMP020"]);
    check("", &code, &["10 note TFMP020"]);
    let code = train_step("keras", LOSS, "");
    check("tensorflow==2.18.1\n", &code, &["10 error TFMP020"]);
    let code = train_step("tf_keras", LOSS, "");
    check("tensorflow==2.18.1\ntf_keras==2.18.0\n", &code, &[]);
}

#[test]
fn a_train_step_that_scales_is_silent_wherever_it_does() {
    let pin = "tensorflow==2.18.1\n";
    let code = train_step("keras", "self.optimizer.scale_loss(self(x))", "");
    check(pin, &code, &[]);
    // A helper of the class.
    let helper = "    def scaled(self, x):\n        return self.optimizer.scale_loss(self(x))\n";
    check(pin, &train_step("keras", "self.scaled(x)", helper), &[]);
    // By hand.
    let code = train_step("keras", "self(x) * self.loss_scale", "");
    check(pin, &code, &[]);
}

#[test]
fn an_optimizer_that_compile_did_not_wrap_is_not_known() {
    let pin = "tensorflow==2.18.1\n";
    let own = "    def compile(self, optimizer):\n        super().compile()\n        \
               self.optimizer = optimizer\n";
    check(pin, &train_step("keras", LOSS, own), &[]);
    let off = "model = M()\nmodel.compile('sgd', auto_scale_loss=False)\n";
    check(pin, &train_step("keras", LOSS, off), &[]);
}

#[test]
fn legacy_keras_behind_tensorflow_scales_by_hand() {
    let code = "import os\nos.environ['TF_USE_LEGACY_KERAS'] = '1'\nimport tensorflow as tf\n\
                o = tf.keras.mixed_precision.LossScaleOptimizer(tf.keras.optimizers.Adam(), True)\n\
                def step(m, x):\n    with tf.GradientTape() as tape:\n        loss = m(x)\n    \
                g = tape.gradient(loss, m.weights)\n    o.apply_gradients(zip(g, m.weights))\n";
    check("tensorflow==2.18.1\ntf_keras==2.18.0\n", code, &[]);
}

#[test]
fn another_loop_that_scales_does_not_excuse_one_that_does_not() {
    let code = "import keras\nimport tensorflow as tf\n\
                o = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())\n\
                def good(m, x):\n    with tf.GradientTape() as tape:\n        \
                loss = o.scale_loss(m(x))\n    g = tape.gradient(loss, m.weights)\n    \
                o.apply(g, m.weights)\n\
                def bad(m, x):\n    with tf.GradientTape() as tape:\n        loss = m(x)\n    \
                g = tape.gradient(loss, m.weights)\n    o.apply(g, m.weights)\n";
    check("tensorflow==2.18.1\n", code, &["13 error TFMP020"]);
}

#[test]
fn a_text_for_the_scale_is_told_by_the_rule_of_the_release() {
    let code = "import tensorflow as tf\nopt = tf.keras.optimizers.Adam()\n\
                opt = tf.keras.mixed_precision.LossScaleOptimizer(opt, 'dynamic')\n";
    check("tensorflow==2.12.1\n", code, &[]);
    check("tensorflow==2.18.1\n", code, &["3 error TFMP024"]);
    check("tensorflow>=2.4\n", code, &["3 warning TFMP024"]);
}

#[test]
fn members_that_the_metaclass_of_the_optimizer_gives_are_not_missing() {
    let code = "import tensorflow as tf\n\
                o = tf.keras.mixed_precision.LossScaleOptimizer(tf.keras.optimizers.Adam())\n\
                o.apply_gradients([])\no.minimize(None, [])\n";
    let rules = |pin: &str| {
        let report = TestRepo::new()
            .file("requirements.txt", pin)
            .file("app.py", code)
            .json();
        report["findings"].as_array().unwrap().len()
    };
    for pin in ["2.4.4", "2.10.1", "2.12.1", "2.15.1"] {
        assert_eq!(rules(&format!("tensorflow=={pin}\n")), 0, "{pin}");
    }
    // Keras 3 has no `minimize`.
    assert_eq!(rules("tensorflow==2.18.1\n"), 1);
}

#[test]
fn a_rewrite_or_a_policy_exclude_each_other_only_where_both_are_reached() {
    let rewrite = "tf.compat.v1.mixed_precision.enable_mixed_precision_graph_rewrite(o)";
    let policy = "tf.keras.mixed_precision.set_global_policy('mixed_float16')";
    let both = format!("import tensorflow as tf\n{rewrite}\n{policy}\n");
    check("tensorflow==2.8.4\n", &both, &["3 error TFMP025"]);
    check("tensorflow==2.18.1\n", &both, &[]);
    let either =
        format!("import tensorflow as tf\nif graph:\n    {rewrite}\nelif mixed:\n    {policy}\n");
    check("tensorflow==2.8.4\n", &either, &[]);
    let leaves = format!(
        "import tensorflow as tf\ndef f(o):\n    if graph:\n        return {rewrite}\n    {policy}\n"
    );
    check("tensorflow==2.8.4\n", &leaves, &[]);
}

#[test]
fn a_plain_optimizer_is_told_only_where_it_is_known_to_stay_plain() {
    let pin = "tensorflow==2.12.1\n";
    let step = "def step(m, x):\n    with tf.GradientTape() as tape:\n        loss = m(x)\n    \
                g = tape.gradient(loss, m.weights)\n    o.apply_gradients(zip(g, m.weights))\n";
    let start = "import tensorflow as tf\n\
                 tf.keras.mixed_precision.set_global_policy('mixed_float16')\n";
    let known = format!("{start}o = tf.keras.optimizers.Adam()\n{step}");
    check(pin, &known, &["8 warning TFMP021"]);
    check("tensorflow>=2.4\n", &known, &["8 warning TFMP021"]);
    let given = format!("{start}o = make()\n{step}");
    check(pin, &given, &[]);
    let wrapped = format!(
        "{start}o = tf.keras.optimizers.Adam()\nif fp16:\n    \
         o = tf.keras.mixed_precision.LossScaleOptimizer(o)\n{step}"
    );
    check(pin, &wrapped, &[]);
    let compiled = format!("{known}m = tf.keras.Model()\nm.compile(o)\n");
    check(pin, &compiled, &[]);
}

#[test]
fn a_function_above_the_policy_of_the_module_may_have_run_before_it() {
    let build = "def build():\n    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])\n    \
                 model.compile('sgd', 'mse')\n    return model\n";
    let policy = "tf.keras.mixed_precision.set_global_policy('mixed_float16')\n";
    let pin = "tensorflow==2.12.1\n";
    let above = format!("import tensorflow as tf\n{build}{policy}");
    check(pin, &above, &[]);
    let below = format!("import tensorflow as tf\n{policy}{build}");
    check(pin, &below, &["4 note TFMP022"]);
}

/// A model that is built, a policy, and training: `{}` stands for what is between the first two.
fn late_policy(between: &str) -> String {
    format!(
        "import tensorflow as tf\nmodel = tf.keras.Sequential([tf.keras.layers.Flatten()])\n{between}\
         tf.keras.mixed_precision.set_global_policy('mixed_float16')\n\
         model.compile('sgd', 'mse')\nmodel.fit(x, y)\n"
    )
}

#[test]
fn words_between_a_model_and_its_policy_were_read_as_code() {
    let pin = "tensorflow==2.12.1\n";
    let late = |between: &str, expected: &[&str]| check(pin, &late_policy(between), expected);
    late("", &["3 warning TFMP027"]);
    late("# else: return, model = None\n", &["4 warning TFMP027"]);
    late("'''\nelse\nmodel = None\n'''\n", &["7 warning TFMP027"]);
    late("if model == old: pass\n", &["4 warning TFMP027"]);
    late(
        "def f():\n    model = 1\n    return model\n",
        &["6 warning TFMP027"],
    );
    late("model = None; ", &[]);
    late("with x as model: pass\n", &[]);
    late("def f():\n    global model\n    model = 1\n", &[]);
    late("sys.exit(0)\n", &[]);
}

#[test]
fn an_argument_on_a_line_of_its_own_was_taken_for_a_name() {
    let code = "import tensorflow as tf\nrun(\n    model=tf.keras.Sequential([tf.keras.layers.Flatten()]),\n)\n\
                tf.keras.mixed_precision.set_global_policy('mixed_float16')\n\
                model.compile('sgd', 'mse')\nmodel.fit(x, y)\n";
    check("tensorflow==2.12.1\n", code, &[]);
}

#[test]
fn a_layer_in_something_else_was_taken_for_the_last_one() {
    let model = |last: &str| {
        format!(
            "import tensorflow as tf\ntf.keras.mixed_precision.set_global_policy('mixed_float16')\n\
             model = tf.keras.Sequential([\n    tf.keras.layers.Flatten(),\n    {last}\n])\n\
             model.compile('sgd', 'mse')\nmodel.fit(x, y)\n"
        )
    };
    let pin = "tensorflow==2.12.1\n";
    let layer = "tf.keras.layers.Dense(1)";
    check(
        pin,
        &model(&format!("{layer},  # ]), and more")),
        &["5 note TFMP022"],
    );
    check(pin, &model(&format!("in_float32({layer})")), &[]);
}

#[test]
fn what_stands_deeper_was_taken_for_the_scope_of_a_strategy() {
    let pin = "tensorflow==2.12.1\n";
    let start = "import tensorflow as tf\n\
                 strategy = tf.distribute.experimental.ParameterServerStrategy(r)\n";
    let policy = "tf.keras.mixed_precision.set_global_policy('mixed_float16')";
    let scope = format!("{start}with strategy.scope(): {policy}\n");
    check(pin, &scope, &["3 error TFMP028"]);
    let continued =
        format!("{start}with strategy.scope() as s, \\\n        other:\n    {policy}\n");
    check(pin, &continued, &["5 error TFMP028"]);
    let tested = format!("{start}if strategy.scope():\n    {policy}\n");
    check(pin, &tested, &[]);
}

#[test]
fn a_plain_policy_of_everything_was_missed_in_1_15() {
    let set = "tf.keras.mixed_precision.experimental.set_policy('float32')\n";
    let plain = format!("import tensorflow as tf\n{set}");
    all("tensorflow==1.15.5\n", &plain, &["2 error TFMP023"]);
    all("tensorflow==2.3.4\n", &plain, &[]);
    let v2 = format!("import tensorflow as tf\ntf.compat.v1.enable_v2_behavior()\n{set}");
    all("tensorflow==1.15.5\n", &v2, &[]);
    let layer = "import tensorflow as tf\ntf.keras.layers.Dense(1, dtype='float32')\n";
    all("tensorflow==1.15.5\n", layer, &[]);
}
