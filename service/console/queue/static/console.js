// Makes work in the review queue quicker. Without it every form and link of the page still works.

import "./decide.js";
import "./claims.js";
import "./cases.js";
import "./context.js";
import "./live.js";
import "./keys.js";
import "./place.js";
import "./filters.js";
import "./popovers.js";
