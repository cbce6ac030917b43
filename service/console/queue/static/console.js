// Makes working through the review queue quicker. Without it every form and link of the page works as it stands.

import "./decide.js";
import "./claims.js";
import "./live.js";
import "./keys.js";
