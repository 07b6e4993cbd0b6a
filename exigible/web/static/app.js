// The behaviour of every page. Markup says what it wants by data- attributes; no page has a script.
import "./keys.js";
import "./lists.js";
import "./dialogs.js";
import "./explain.js";
import "./palette.js";
import "./fields.js";
import "./feedback.js";
import "./uploads.js";
import "./calculators.js";
import "./allocation.js";
